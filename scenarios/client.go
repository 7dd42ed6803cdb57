package scenarios

import (
	"time"

	"surety/topologies/names"
	"surety/workload"
)

// Client is how the driver's producing client is set, as an application sets its
// own; what is not said is safe. The client is part of what is under test: it is
// driven with these settings, and what it answers is what the application knows.
type Client struct {
	Acks            string        `yaml:"acks"`             // all, 1 or 0
	Idempotence     bool          `yaml:"idempotence"`      // true unless said, or unless fewer than all acknowledge
	MaxInFlight     int           `yaml:"max-in-flight"`    // of a client that is not idempotent; 5 unless said
	DeliveryTimeout time.Duration `yaml:"delivery-timeout"` // it does not give up unless said
	IgnoreErrors    bool          `yaml:"ignore-errors"`    // what was given up counts as done
	Transactional   Transactional `yaml:"transactional"`
}

// Transactional is how the driver writes in transactions; with no records said it
// does not.
type Transactional struct {
	Records int           `yaml:"records"` // in each transaction
	ID      string        `yaml:"id"`      // transactional.id of all writers; each has its own unless said
	Timeout time.Duration `yaml:"timeout"` // transaction.timeout.ms; 10s unless said
	Aborts  Share         `yaml:"aborts"`  // of the transactions, by the application
	Done    string        `yaml:"done"`    // when a record counts as done: commit, or send
}

// The moments at which a record of a transaction counts as done.
const (
	doneAtCommit = "commit"
	doneAtSend   = "send"
)

// completeClient settles the driver's client.
func (s *Scenario) completeClient() error {
	const path = "workload.client"
	c := &s.Workload.Client
	if err := s.choose(path+".acks", "number of acknowledgements", &c.Acks, workload.AcksAll, workload.AllAcks); err != nil {
		return err
	}
	fill(s, path+".idempotence", &c.Idempotence, c.Acks == workload.AcksAll)
	if c.MaxInFlight == 0 && s.lines.wrote(path+".max-in-flight") {
		return s.wrong(path+".max-in-flight", "max-in-flight: is 1 or more")
	}
	if c.IgnoreErrors && c.DeliveryTimeout == 0 {
		return s.wrong(path+".ignore-errors", "a client without delivery-timeout: gives no record up, so there is no error to ignore")
	}
	if err := s.completeTransactional(path + ".transactional"); err != nil {
		return err
	}
	if err := c.settings().Check(); err != nil {
		return s.wrong(path, "client: %s", err)
	}
	return nil
}

func (s *Scenario) completeTransactional(path string) error {
	t := &s.Workload.Client.Transactional
	if !s.lines.wrote(path) {
		return nil
	}
	if t.Records < 1 {
		return s.wrong(path, "transactional: wants records:, the number of records in each transaction")
	}
	if t.ID != "" && !nameForm.MatchString(t.ID) {
		return s.wrong(path+".id", "a transactional id is made of letters, digits, dots and dashes; this is %q", names.Clip(t.ID))
	}
	fill(s, path+".timeout", &t.Timeout, 10*time.Second)
	return s.choose(path+".done", "moment at which a record is done", &t.Done, doneAtCommit, []string{doneAtCommit, doneAtSend})
}

// settings are the client's as the driver takes them.
func (c Client) settings() workload.Client {
	out := workload.Client{
		Acks: c.Acks, NotIdempotent: !c.Idempotence, MaxInFlight: c.MaxInFlight,
		DeliveryTimeout: c.DeliveryTimeout, IgnoreErrors: c.IgnoreErrors,
	}
	if out.Acks == workload.AcksAll {
		out.Acks = "" // the plan names only what is unusual
	}
	if t := c.Transactional; t.Records > 0 {
		out.Transactions = workload.Transactions{
			Records: t.Records, ID: t.ID, Timeout: t.Timeout, Aborts: float64(t.Aborts), DoneAtSend: t.Done == doneAtSend,
		}
	}
	return out
}

// Topics are settings of the run's topics over those of the brokers.
type Topics struct {
	Replication int               `yaml:"replication"` // replicas of each partition; 3, or as many as there are brokers
	Config      map[string]string `yaml:"config"`      // as Kafka names them: min.insync.replicas, ...
}

// appendTimeSetting is the topic setting that the order across partitions is read from.
const appendTimeSetting = "message.timestamp.type"

func (s *Scenario) completeTopics() error {
	t, brokers := &s.Topology.Topics, s.Topology.Broker.Nodes
	fill(s, "topology.topics.replication", &t.Replication, min(3, brokers))
	if t.Replication < 1 || t.Replication > brokers {
		return s.wrong("topology.topics.replication", "%d brokers can hold 1 to %d replicas; this is %d", brokers, brokers, t.Replication)
	}
	if v, set := t.Config[appendTimeSetting]; set {
		return s.wrong("topology.topics.config."+appendTimeSetting, "%s is the harness's own, which orders records by it; this is %q", appendTimeSetting, names.Clip(v))
	}
	return nil
}
