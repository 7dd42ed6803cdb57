package flink

import (
	"regexp"
	"strings"
)

// causedBy begins the line of a cause in a stack trace of Java.
const causedBy = "Caused by: "

// class is the package of a class in front of a message.
var class = regexp.MustCompile(`\b(?:[a-z][a-z0-9_]*\.)+([A-Z]\w*(?:\$\w+)*)`)

// Cause is the innermost cause of a stack trace in one line, with classes by their
// plain names.
func Cause(trace string) string {
	first := ""
	for line := range strings.Lines(trace) {
		line = strings.TrimSpace(line)
		if cause, is := strings.CutPrefix(line, causedBy); is {
			first = cause
		} else if first == "" && line != "" && !strings.HasPrefix(line, "at ") {
			first = line
		}
	}
	return class.ReplaceAllString(first, "$1")
}

// advice says what a failure that is well known comes from, by a part of its message.
var advice = []struct{ says, try string }{
	{
		"transaction timeout is larger than the maximum value allowed by the broker",
		"set sink.transaction.timeout.ms to no more than the brokers' transaction.max.timeout.ms (900000 unless set), or raise that",
	},
	{
		"NoResourceAvailableException",
		"start more task managers (instances:), or lower parallelism.default",
	},
	{
		"could not be committed within max.block.ms",
		"look whether the brokers that coordinate transactions are reached",
	},
	{
		"UnknownTopicOrPartitionException",
		"look at the topics that the job is told",
	},
}
