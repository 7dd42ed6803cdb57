package kafka

import (
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies/protocol"
	"surety/topologies/wire"
)

// Facts implements wire.Conversation. Most requests have what they tell under the
// same names of fields.
func (c *conversation) Facts(h wire.Head, frame []byte) (wire.Facts, error) {
	req, err := request(h, frame)
	if err != nil {
		return wire.Facts{}, err
	}
	f := wire.Facts{API: kmsg.NameForKey(h.Kind), Epoch: -1}
	body := reflect.ValueOf(req).Elem()
	if id, ok := field(body, "TransactionalID").(string); ok {
		f.TransactionalID = id
	}
	if epoch, ok := field(body, "ProducerEpoch").(int16); ok {
		f.Epoch = epoch
	}
	c.topics(body, &f)
	switch r := req.(type) {
	case *kmsg.EndTxnRequest:
		f.End = map[bool]string{true: "commit", false: "abort"}[r.Commit]
	case *kmsg.InitProducerIDRequest:
		if r.TransactionalID != nil {
			f.TransactionalID = *r.TransactionalID
		}
	case *kmsg.ProduceRequest:
		f.Unanswered = r.Acks == 0
		if r.TransactionID != nil {
			f.TransactionalID = *r.TransactionID
		}
		for b := range produced(r) {
			f.Records += int64(binary.BigEndian.Uint32(b[batchCount:]))
			if e := int16(binary.BigEndian.Uint16(b[batchEpoch:])); e >= 0 { //nolint:gosec // as it was written
				f.Epoch = e
			}
		}
	}
	return f, nil
}

func field(of reflect.Value, name string) any {
	if f := of.FieldByName(name); f.IsValid() {
		return f.Interface()
	}
	return nil
}

// topics collects the topics of a request: Topics, or Groups that each have some.
func (c *conversation) topics(of reflect.Value, f *wire.Facts) {
	if groups := of.FieldByName("Groups"); groups.IsValid() && groups.Kind() == reflect.Slice {
		for i := range groups.Len() {
			if groups.Index(i).Kind() == reflect.Struct {
				c.topics(groups.Index(i), f)
			}
		}
	}
	topics := of.FieldByName("Topics")
	if !topics.IsValid() || topics.Kind() != reflect.Slice {
		return
	}
	for i := range topics.Len() {
		t := topics.Index(i)
		if t.Kind() != reflect.Struct {
			continue
		}
		name := ""
		switch v := field(t, "Topic").(type) {
		case string:
			name = v
		case *string:
			if v != nil {
				name = *v
			}
		}
		if id, ok := field(t, "TopicID").([16]byte); ok && name == "" {
			name = c.codec.topic(id)
		}
		if name != "" && !slices.Contains(f.Topics, name) {
			f.Topics = append(f.Topics, name)
		}
	}
}

// topic is the name of an id; where no answer has told it yet, the id itself.
func (k *Codec) topic(id [16]byte) string {
	if id == [16]byte{} {
		return ""
	}
	if name, ok := k.topics.Load(id); ok {
		return name.(string)
	}
	return hex.EncodeToString(id[:])
}

// Outcome implements wire.Conversation: the first error of any part of the answer.
func (c *conversation) Outcome(h wire.Head, frame []byte) string {
	resp, _, err := response(h, frame)
	if err != nil {
		return ""
	}
	code := failure(reflect.ValueOf(resp).Elem())
	for name, n := range protocol.Kafka.Errors {
		if n == code {
			return name
		}
	}
	return ""
}

func failure(v reflect.Value) int16 {
	switch v.Kind() {
	case reflect.Struct:
		if code, ok := field(v, "ErrorCode").(int16); ok && code != 0 {
			return code
		}
		for i := range v.NumField() {
			if k := v.Field(i).Kind(); k == reflect.Slice || k == reflect.Struct {
				if code := failure(v.Field(i)); code != 0 {
					return code
				}
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			return 0
		}
		for i := range v.Len() {
			if code := failure(v.Index(i)); code != 0 {
				return code
			}
		}
	}
	return 0
}
