package kafka

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"

	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies/wire"
)

// used are the requests that rules, windows and views are about.
var used = []kmsg.Key{
	kmsg.Produce, kmsg.Fetch, kmsg.Metadata, kmsg.OffsetCommit, kmsg.OffsetFetch, kmsg.FindCoordinator, kmsg.JoinGroup,
	kmsg.Heartbeat, kmsg.LeaveGroup, kmsg.SyncGroup, kmsg.InitProducerID, kmsg.AddPartitionsToTxn, kmsg.AddOffsetsToTxn,
	kmsg.EndTxn, kmsg.TxnOffsetCommit, kmsg.DescribeCluster, kmsg.ConsumerGroupHeartbeat, kmsg.ShareFetch, kmsg.ShareAcknowledge,
}

// each visits all versions of the requests that are used.
func each(visit func(key int16, version int16)) {
	for _, k := range used {
		for v := range kmsg.RequestForKey(int16(k)).MaxVersion() + 1 {
			visit(int16(k), v)
		}
	}
}

// fill gives every field of a message something, one element to every list.
func fill(v reflect.Value, rng *rand.Rand) {
	switch v.Kind() {
	case reflect.Struct:
		if d, ok := v.Addr().Interface().(interface{ Default() }); ok {
			d.Default()
		}
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Version" && name != "UnknownTags" {
				fill(v.Field(i), rng)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			b := make([]byte, rng.IntN(40))
			for i := range b {
				b[i] = byte(rng.Uint32())
			}
			v.SetBytes(b)
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), rng)
		fill(v.Index(1), rng)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), rng)
	case reflect.String:
		v.SetString([]string{"", "a", "some-name", "topic"}[rng.IntN(4)])
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(rng.IntN(100)))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(uint64(rng.IntN(100)))
	case reflect.Float64:
		v.SetFloat(rng.Float64())
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(1 + rng.IntN(200)))
		}
	}
}

// asked is a request on the wire.
func asked(req kmsg.Request, client string, correlation int32) []byte {
	return kmsg.NewRequestFormatter(kmsg.FormatterClientID(client)).AppendRequest(nil, req, correlation)
}

// answered is the answer on the wire.
func answered(resp kmsg.Response, correlation int32) []byte {
	return sealed(resp.AppendTo(appendHead(wire.Head{ID: int64(correlation)}, resp)))
}

// message is a filled request.
func message(key, version int16, rng *rand.Rand) kmsg.Request {
	req := kmsg.RequestForKey(key)
	fill(reflect.ValueOf(req).Elem(), rng)
	req.SetVersion(version)
	return req
}

// reply is a filled answer.
func reply(key, version int16, rng *rand.Rand) kmsg.Response {
	resp := kmsg.ResponseForKey(key)
	fill(reflect.ValueOf(resp).Elem(), rng)
	resp.SetVersion(version)
	return resp
}

// batch is a record batch of format 2 with one record of each value, uncompressed.
func batch(attributes uint16, values ...string) []byte {
	b := make([]byte, batchRecords)
	b[batchMagic] = 2
	binary.BigEndian.PutUint16(b[batchAttributes:], attributes)
	binary.BigEndian.PutUint16(b[batchEpoch:], 7)
	binary.BigEndian.PutUint32(b[batchCount:], uint32(len(values)))
	for i, v := range values {
		r := []byte{0}
		r = binary.AppendVarint(binary.AppendVarint(r, 0), int64(i))
		r = append(binary.AppendVarint(r, 1), 'k')
		r = append(binary.AppendVarint(r, int64(len(v))), v...)
		r = binary.AppendVarint(r, 0)
		b = append(binary.AppendVarint(b, int64(len(r))), r...)
	}
	binary.BigEndian.PutUint32(b[batchLength:], uint32(len(b)-batchLength-4))
	binary.BigEndian.PutUint32(b[batchCRC:], checksum(b))
	return b
}
