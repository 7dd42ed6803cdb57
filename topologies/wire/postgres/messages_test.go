package postgres

import (
	"encoding/binary"
	"strings"
)

// typed is a message with its letter.
func typed(letter byte, body ...string) []byte {
	text := strings.Join(body, "")
	out := binary.BigEndian.AppendUint32([]byte{letter}, uint32(len(text)+4)) //nolint:gosec // short
	return append(out, text...)
}

// startupOf is a first message with the code and what follows it.
func startupOf(code uint32, rest string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(rest)+8)) //nolint:gosec // short
	return append(binary.BigEndian.AppendUint32(out, code), rest...)
}

const version3 = majorVersion << 16

func query(sql string) []byte { return typed('Q', sql, "\x00") }

func parse(name, sql string) []byte { return typed('P', name, "\x00", sql, "\x00\x00\x00") }

func bind(portal, name string) []byte {
	return typed('B', portal, "\x00", name, "\x00\x00\x00\x00\x00\x00\x00")
}

func execute(portal string) []byte { return typed('E', portal, "\x00\x00\x00\x00\x00") }

func syncs() []byte { return typed('S') }

func complete(tag string) []byte { return typed('C', tag, "\x00") }

func ready() []byte { return typed('Z', "I") }

func failed(code string) []byte { return typed('E', "SERROR\x00C", code, "\x00Mno\x00\x00") }

func join(all ...[]byte) (out []byte) {
	for _, b := range all {
		out = append(out, b...)
	}
	return out
}
