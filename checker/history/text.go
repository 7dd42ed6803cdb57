package history

import (
	"fmt"
	"slices"
)

// The words of JSON and of people; the index is the number in the file.
var (
	kindTexts = []string{
		KindName: "name", KindIntent: "intent", KindOutcome: "outcome", KindObservation: "observation",
		KindSession: "session", KindSessionEnd: "session-end", KindTxBegin: "tx-begin", KindTxEnd: "tx-end",
		KindPoll: "poll", KindRebalance: "rebalance", KindCommittedOffset: "committed-offset",
		KindFence: "fence", KindFault: "fault", KindSample: "sample", KindPhase: "phase",
		KindDrain: "drain", KindVersions: "versions", KindEnd: "end",
		KindSignal: "signal",
	}
	classTexts   = []string{Unknown: "unknown", OK: "ok", Failed: "failed"}
	viewTexts    = []string{"", Committed: "committed", Uncommitted: "uncommitted", Input: "input"}
	purposeTexts = []string{"", Tail: "tail", Final: "final"}
)

// String is the kind as in an export: session-end.
func (k Kind) String() string { return textOf("kind", kindTexts, uint8(k)) }

// String is unknown, ok or failed.
func (c OutcomeClass) String() string { return textOf("class", classTexts, uint8(c)) }

// String is committed, uncommitted or input.
func (v View) String() string { return textOf("view", viewTexts, uint8(v)) }

// String is tail or final.
func (p Purpose) String() string { return textOf("purpose", purposeTexts, uint8(p)) }

// MarshalText refuses a class that does not exist.
func (c OutcomeClass) MarshalText() ([]byte, error) { return marshal("class", classTexts, uint8(c)) }

// UnmarshalText is the inverse of MarshalText.
func (c *OutcomeClass) UnmarshalText(text []byte) error {
	return unmarshal("class", classTexts, text, (*uint8)(c))
}

// MarshalText refuses a view that does not exist; none is the empty text.
func (v View) MarshalText() ([]byte, error) { return marshal("view", viewTexts, uint8(v)) }

// UnmarshalText is the inverse of MarshalText.
func (v *View) UnmarshalText(text []byte) error {
	return unmarshal("view", viewTexts, text, (*uint8)(v))
}

// MarshalText refuses a purpose that does not exist; none is the empty text.
func (p Purpose) MarshalText() ([]byte, error) { return marshal("purpose", purposeTexts, uint8(p)) }

// UnmarshalText is the inverse of MarshalText.
func (p *Purpose) UnmarshalText(text []byte) error {
	return unmarshal("purpose", purposeTexts, text, (*uint8)(p))
}

func textOf(what string, texts []string, n uint8) string {
	if int(n) < len(texts) && texts[n] != "" {
		return texts[n]
	}
	return fmt.Sprintf("%s-%d", what, n)
}

func marshal(what string, texts []string, n uint8) ([]byte, error) {
	if int(n) >= len(texts) {
		return nil, fmt.Errorf("there is no %s %d", what, n)
	}
	return []byte(texts[n]), nil
}

func unmarshal(what string, texts []string, text []byte, n *uint8) error {
	i := slices.Index(texts, string(text))
	if i < 0 {
		return fmt.Errorf("there is no %s %q; known are %q", what, text, texts)
	}
	*n = uint8(i) //nolint:gosec // a handful of texts
	return nil
}
