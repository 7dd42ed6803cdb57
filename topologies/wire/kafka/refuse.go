package kafka

import (
	"encoding/binary"
	"reflect"

	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies/wire"
)

// Refuse implements wire.Conversation. What changes nothing is an ApiVersions of
// version 0, which every broker answers.
func (c *conversation) Refuse(h wire.Head, frame []byte, code int16) (answer, harmless []byte, err error) {
	req, err := request(h, frame)
	if err != nil {
		return nil, nil, err
	}
	resp := req.ResponseKind()
	resp.SetVersion(h.Version)
	fail(reflect.ValueOf(req).Elem(), reflect.ValueOf(resp).Elem(), code, h)
	answer = sealed(resp.AppendTo(appendHead(h, resp)))

	harmless = make([]byte, 4, headBytes+len(h.Client))
	harmless = binary.BigEndian.AppendUint16(harmless, uint16(kmsg.ApiVersions))
	harmless = binary.BigEndian.AppendUint16(harmless, 0)
	harmless = binary.BigEndian.AppendUint32(harmless, uint32(h.ID)) //nolint:gosec // it was read as one
	harmless = binary.BigEndian.AppendUint16(harmless, uint16(len(h.Client)))
	return answer, sealed(append(harmless, h.Client...)), nil
}

// parts are the fields of requests whose elements an answer has too, each with an
// error of its own.
var parts = []string{"Topics", "Partitions", "Groups"}

// fail sets the error in an answer where a broker would: in the smallest parts that
// the request names, else in the whole.
func fail(req, resp reflect.Value, code int16, h wire.Head) {
	found := false
	for _, name := range parts {
		from, to := req.FieldByName(name), resp.FieldByName(name)
		if !from.IsValid() || !to.IsValid() || from.Kind() != reflect.Slice || to.Kind() != reflect.Slice || to.Type().Elem().Kind() != reflect.Struct {
			continue
		}
		if h.Kind == int16(kmsg.OffsetFetch) && h.Version >= 2 && name == "Topics" { // the group's error is for all
			continue
		}
		for i := range from.Len() {
			found = true
			part := reflect.New(to.Type().Elem())
			part.Interface().(interface{ Default() }).Default()
			if from.Index(i).Kind() == reflect.Struct {
				copyName(from.Index(i), part.Elem())
				fail(from.Index(i), part.Elem(), code, h)
			} else if p := part.Elem().FieldByName("Partition"); p.IsValid() && from.Index(i).Type() == p.Type() {
				p.Set(from.Index(i))
				fail(reflect.ValueOf(struct{}{}), part.Elem(), code, h)
			}
			to.Set(reflect.Append(to, part.Elem()))
		}
	}
	if keys, ok := field(req, "CoordinatorKeys").([]string); ok && len(keys) > 0 { // FindCoordinator since KIP-699
		to := resp.FieldByName("Coordinators")
		for _, k := range keys {
			one := kmsg.NewFindCoordinatorResponseCoordinator()
			one.Key, one.NodeID, one.Port, one.ErrorCode = k, -1, -1, code
			to.Set(reflect.Append(to, reflect.ValueOf(one)))
		}
		return
	}
	if f := resp.FieldByName("ErrorCode"); !found && f.IsValid() {
		f.SetInt(int64(code))
	}
}

// copyName copies what names a part.
func copyName(from, to reflect.Value) {
	for _, n := range []string{"Topic", "TopicID", "Partition", "Group"} {
		f, t := from.FieldByName(n), to.FieldByName(n)
		if f.IsValid() && t.IsValid() && f.Type() == t.Type() {
			t.Set(f)
		}
	}
}
