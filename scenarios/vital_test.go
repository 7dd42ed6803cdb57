package scenarios

import (
	"strings"
	"testing"
)

// A job manager that ends has lost its job: no fault is offered that ends it.
func TestAFaultDoesNotEndWhatTheSystemCannotDoWithout(t *testing.T) {
	const flink = "scenario: x\ntopology:\n  provider: docker\n  processors: [{engine: {kind: flink}, instances: 2}]\nfaults:\n  - "
	for _, tt := range []struct{ reason, fault, want string }{
		{"a task manager comes back by itself", "kill: {target: processor/1, at: 1s}", ""},
		{"so does whoever runs the job", "kill: {target: any(task-manager), at: 1s}", ""},
		{"the job manager may stand still", "pause: {target: processor-jobmanager/1, at: 1s, for: 1s}", ""},
		{"and not be killed", "kill: {target: processor-jobmanager/1, at: 1s}", "mine.yaml:6: fault 1, kill: processor-jobmanager is not to be ended: without high availability"},
		{"or stopped, among others", "stop: {target: processor/1 + processor-jobmanager/1, at: 1s}", "processor-jobmanager is not to be ended"},
	} {
		s, err := Parse("mine.yaml", []byte(flink+tt.fault+"\n"), words())
		if err == nil {
			err = s.Complete(words())
		}
		if err != nil {
			t.Fatalf("%s: %v", tt.reason, err)
		}
		_, err = Resolve(s, "1")
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.reason, err, tt.want)
		}
	}
}
