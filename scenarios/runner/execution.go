package runner

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"surety/checker"
	"surety/checker/history"
	"surety/faults"
	"surety/scenarios"
	"surety/topologies"
	"surety/workload"
	"surety/workload/effects"
	"surety/workload/kafka"
)

// execution is one plan on its way.
type execution struct {
	job    Job
	plan   *scenarios.Plan
	opt    Options
	began  time.Time
	clock  history.Clock
	status *Status

	clusters *clusters // of the suite
	topo     *tenancy  // nil until the topology was asked for
	tainting sync.Mutex
	tainted  error // why the cluster may serve no other scenario
	cluster  ClusterUse

	effects  map[string]*effects.Sink
	template *workload.Template // of the values; nil = the workload's own

	dir   history.Dir
	w     *history.Writer
	admin *kafka.Admin

	producers []producer // of the writers, and the one that sends the fences
	trackers  []*workload.Tracker
	// unreadable is what the sinks show that says nothing, in their order.
	unreadable []workload.Unreadable
	fences     *workload.Fences
	deployed   []deployed
	sessions   sessions
	loading    loadStart
}

// phaseDrain is the phase in which everything that must come is waited for.
const phaseDrain = "drain"

func (e *execution) phase(name string) {
	e.w.Append(history.KindPhase, history.Phase{Name: name, At: e.clock.Now()})
	e.status.enter(name)
}

func (e *execution) sample(name, of string, value float64) {
	e.w.Append(history.KindSample, history.Sample{Name: name, Of: of, Value: value, At: e.clock.Now()})
}

// drive takes the system from nothing to the end of the final read. Its error is
// breakage, never a finding.
func (e *execution) drive(ctx context.Context, provider topologies.Provider) error {
	if err := e.up(ctx, provider); err != nil {
		return err
	}
	defer e.closeProducers()
	if err := e.prepare(ctx); err != nil {
		return err
	}

	tails, stopTails := context.WithCancel(ctx)
	defer stopTails()
	var tailing sync.WaitGroup
	for i := range e.plan.Sinks {
		tailing.Go(func() { e.watch(tails, i) })
	}
	tailing.Go(func() { e.watchNodes(tails) })
	defer tailing.Wait()
	defer stopTails()

	e.phase("warm")
	if err := e.warm(ctx); err != nil {
		return err
	}
	watch, stopWatch := context.WithCancel(ctx)
	defer stopWatch()
	tailing.Go(func() { e.watchGroup(watch) })
	tailing.Go(func() { e.watchUsage(watch) })
	tailing.Go(func() { e.watchDeployed(watch) })

	if err := e.load(ctx); err != nil {
		return err
	}
	e.phase(phaseDrain)
	d := workload.Drain(ctx, workload.DrainConfig{
		Quiet: e.plan.Timing.Quiet, Deadline: e.plan.Timing.Deadline, Clock: e.clock,
		RequireLagZero: e.forbidsDuplicates(),
	}, workload.Probes{Trackers: e.trackers, Fences: e.fences, Lag: e.lag()})
	if why := e.explain(ctx); why != "" && !d.Drained && !d.Complete {
		d.Reason = strings.TrimPrefix(d.Reason+"; "+why, "; ")
	}
	e.w.Append(history.KindDrain, d)
	stopWatch()
	e.ended()
	// A tail that went on would see what comes once the final read has fixed its ends,
	// and that would seem to have vanished.
	stopTails()
	tailing.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := e.signals(); err != nil {
		return err
	}
	e.phase("read")
	return e.finalReads(ctx)
}

// up brings the topology to where clients can work with it.
func (e *execution) up(ctx context.Context, provider topologies.Provider) error {
	e.phase("up")
	listening, err := e.listen(ctx)
	if err != nil {
		return err
	}
	e.topo, err = e.clusters.join(ctx, provider, e.plan.Topology, topologies.Env{
		Run: e.plan.Run + "-" + nonce(), Dir: string(e.dir), Images: e.opt.Images, Log: e.opt.Log, Effects: listening,
	})
	if err != nil {
		return err
	}
	e.w.Append(history.KindVersions, history.Versions{Of: e.topo.Versions(), At: e.clock.Now()})
	if e.admin, err = kafka.NewAdmin(e.topo.Brokers(topologies.Observe)); err != nil {
		return err
	}
	return e.healthy(ctx, wholeAtFirst)
}

// nonce tells runs of the same plan apart on this machine. Nothing else of a run
// depends on it.
func nonce() string { return fmt.Sprintf("%06x", rand.Uint32N(1<<24)) }

// prepare makes the topics, starts the processors and the clients of the driver.
func (e *execution) prepare(ctx context.Context) error {
	var topics []kafka.TopicSpec
	for _, t := range e.topics() {
		topics = append(topics, topicSpec(t))
	}
	create, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := e.admin.CreateTopics(create, topics...); err != nil {
		return fmt.Errorf("the topics of the run could not be made: %w", err)
	}
	e.cluster.Reused, e.cluster.Ready = e.topo.reused, time.Since(e.began)
	e.sample(e.ready(), "", float64(e.cluster.Ready.Milliseconds()))
	e.phase("launch")
	err := e.topo.Launch(ctx, func(spec topologies.ProcessorSpec, instance int) topologies.Vars {
		return e.plan.Vars(spec.Name, instance)
	})
	if err != nil {
		return err
	}
	if err := e.deploy(ctx); err != nil {
		return err
	}
	e.unreadable = make([]workload.Unreadable, len(e.plan.Sinks))
	var sinks, later []string
	for i, k := range e.plan.Sinks {
		e.trackers = append(e.trackers, e.tracker(i))
		switch {
		case e.plan.Judge.Sinks[i].Role == checker.RoleDeadLetter:
		case k.Subscriber != nil && k.Subscriber.Starts > 0:
			later = append(later, k.Name)
		default:
			sinks = append(sinks, k.Name)
		}
	}
	e.status.await(e.trackers, e.clock, e.plan.Timing.Quiet)
	for i := range e.plan.Load.Writers {
		p, err := e.producer(i, e.plan.Client)
		if err != nil {
			return err
		}
		e.producers = append(e.producers, p)
	}
	fencing, err := e.producer(e.plan.Load.Writers, workload.Client{}) // fences are the harness's own
	if err != nil {
		return err
	}
	e.producers = append(e.producers, fencing)
	keys, err := workload.FenceKeys(e.plan.Input.Partitions, 2, e.fencePartition())
	if err != nil {
		return err
	}
	e.fences = workload.NewFences(workload.FenceConfig{
		Run: e.plan.Run, Keys: keys, Sinks: sinks, Later: later, Size: e.plan.Load.Size, Template: e.template, Ahead: e.plan.FencesAhead(),
		Source: fencing, Recorder: e.w, Clock: e.clock,
	})
	return nil
}

// producer is a client of the driver.
type producer interface {
	workload.Source
	Close()
}

// producer makes the i-th client, set as an application under test has set it.
func (e *execution) producer(i int, set workload.Client) (producer, error) {
	cfg := kafka.ProducerConfig{
		Endpoint: e.topo.Brokers(topologies.Drive), Topic: e.plan.Input.Name, ID: fmt.Sprintf("driver-%d", i+1), Clock: e.clock,
		Buffer: bufferFor(e.plan.Load), Correlate: e.plan.Judge.Preserves(), Client: set,
	}
	if e.plan.Orders != nil {
		return e.orderer(i)
	}
	if set.Transactions.Records == 0 {
		return kafka.NewProducer(cfg)
	}
	id := cmp.Or(set.Transactions.ID, cfg.ID)
	return kafka.NewTransactional(cfg, id+"-"+e.plan.Run) // a cluster may have served other runs
}

// bufferFor is how many records a client of the load may hold; 0 = its own choice. A
// load without a rate has no schedule to keep through a stall, and would fill any
// buffer at once.
func bufferFor(l workload.Load) int {
	if l.Rate == 0 {
		return 1 << 14
	}
	return 0
}

// topics are those of the run, each once: with no processor the input is every sink.
func (e *execution) topics() []scenarios.Topic {
	var all []scenarios.Topic
	if e.plan.Orders == nil {
		all = append(all, e.plan.Input)
	}
	for _, b := range e.plan.Between {
		all = append(all, b.Topic)
	}
	for _, k := range e.plan.Sinks {
		if k.Rows != nil || k.Effects != nil {
			continue
		}
		if !slices.ContainsFunc(all, func(t scenarios.Topic) bool { return t.Name == k.Topic.Name }) {
			all = append(all, k.Topic)
		}
	}
	return all
}

func topicSpec(t scenarios.Topic) kafka.TopicSpec {
	return kafka.TopicSpec{Name: t.Name, Partitions: int32(t.Partitions), ReplicationFactor: int16(t.Replication), Config: t.Config}
}

func (e *execution) closeProducers() {
	for _, p := range e.producers {
		p.Close()
	}
}

// warm waits until a record has come through every input partition, with all
// instances at work. A system that never worked is the environment's, and its
// logs say why.
func (e *execution) warm(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, e.plan.Timing.Warm)
	defer cancel()
	short, ended := whileAlive(short, e.topo.Nodes())
	err := e.fences.Warm(short)
	if err == nil && e.settle(short) {
		err = e.fences.Warm(short) // the group has changed since
	}
	if end := ended(); end != nil || err == nil || ctx.Err() != nil {
		return cmp.Or(ctx.Err(), end)
	}
	why := e.explain(ctx)
	if why != "" {
		why = "; " + why
	}
	return &topologies.EnvironmentError{
		What: fmt.Sprintf("nothing came through within %s, before any fault: %s%s%s", e.plan.Timing.Warm,
			strings.Join(e.fences.Missing(), ", "), why, e.instead(ctx)+e.lastWords()),
		Try: "read the logs below " + e.dir.Logs(),
	}
}

// load offers the workload while the faults of the plan happen, and returns when
// both are over.
func (e *execution) load(ctx context.Context) error {
	e.phase("load")
	start := time.Now()
	e.loading.reach(start)
	length := e.plan.Load.Length()
	if length > 0 {
		e.status.setLoadEnd(start.Add(length))
	}
	// Answers may come only after the last fault is over.
	wait := e.plan.Timing.Deadline
	for _, st := range e.plan.Steps {
		at := st.At
		if st.On != nil { // while there is load, if at all
			at = length
		}
		wait = max(wait, e.plan.Timing.Deadline+at+st.For-length)
	}

	sys := e.system()
	var breaking sync.WaitGroup
	faulting, stopFaults := context.WithCancel(ctx)
	defer breaking.Wait()
	defer stopFaults()
	offering, offered := context.WithCancel(faulting)
	defer offered()
	for i, st := range e.plan.Steps {
		f, err := st.Fault(e.opt.Vocabulary)
		if err != nil {
			return err
		}
		breaking.Go(func() { e.step(faulting, i, st, f, sys, loading{start, offering}) })
	}
	latencies := workload.NewLatencies()
	sources := make([]workload.Source, e.plan.Load.Writers)
	for i := range sources {
		sources[i] = e.producers[i]
	}
	batch := 0
	if e.closed() {
		batch = 1
	}
	err := workload.Drive(ctx, workload.DriveConfig{
		Batch: batch,
		Run:   e.plan.Run, Seed: e.plan.LoadSeed(), Load: e.plan.Load, Sources: sources, Transactions: e.plan.Client.Transactions,
		Recorder: e.w, Clock: e.clock, Terms: e.plan.Judge.Terms(), Trackers: e.trackers, AnswerWait: wait,
		Progress: e.status.Progress, Latencies: latencies,
	})
	offered()
	// What a client still has in hand must not be written during the drain.
	for _, p := range e.producers[:e.plan.Load.Writers] {
		p.Close()
	}
	l := latencies.Summary()
	e.sample(latencyP50MS, "", float64(l.P50.Microseconds())/1000)
	e.sample(latencyP99MS, "", float64(l.P99.Microseconds())/1000)
	e.sample(latencyMaxMS, "", float64(l.Max.Microseconds())/1000)
	e.sample(lateRecords, "", float64(e.status.Progress.Late.Load()))
	e.sample(historyWaitMS, "", float64(e.w.Waited().Microseconds())/1000)
	e.sample(notStartedRecords, "", float64(e.status.Progress.NotStarted.Load()))
	if err != nil {
		return err
	}
	e.phase("heal")
	breaking.Wait()
	return nil
}

// system is what the faults may touch.
func (e *execution) system() faults.System {
	names, groups := e.plan.Topics(), map[string]string{}
	names["group"] = e.plan.Group
	for _, g := range e.plan.Groups() {
		groups[g.Topic] = g.Name
	}
	return faults.System{
		Nodes:   e.topo.Nodes(),
		Links:   e.topo.Links(),
		Roles:   roles{e.deployed, &kafka.Roles{Admin: e.admin, Nodes: e.topo.Nodes(), Names: names, Groups: groups}},
		Aimed:   &faults.Aimed{},
		Group:   e.group(),
		Offer:   &faults.Offer{Rate: e.plan.Load.Rate, Sent: e.status.Progress.Sent.Load, Queued: e.lag()},
		Names:   names,
		Crash:   e.crash(),
		Whole:   e.evidence,
		Effects: e.answerers(),
	}
}

// groupWithin bounds one look at the processors' group.
const groupWithin = 2 * time.Second

// consumes tells whether processors read the input in a group.
func (e *execution) consumes() bool {
	return len(e.plan.Topology.Processors) > 0 && e.plan.Orders == nil
}

// group looks at the processors' groups for faults, as if they were one; nil where
// there is no processor.
func (e *execution) group() func(ctx context.Context) (faults.Group, error) {
	if !e.consumes() {
		return nil
	}
	return func(ctx context.Context) (faults.Group, error) {
		ctx, cancel := context.WithTimeout(ctx, groupWithin)
		defer cancel()
		out := faults.Group{Stable: true}
		for _, of := range e.plan.Groups() {
			g, err := e.admin.Group(ctx, of.Name)
			if err != nil {
				return out, err
			}
			out.Stable = out.Stable && g.State == kafka.Stable
			for _, m := range g.Members {
				out.Members = append(out.Members, m.ID)
			}
		}
		return out, nil
	}
}

// forbidsDuplicates tells whether any sink's guarantee does.
func (e *execution) forbidsDuplicates() bool {
	for _, s := range e.plan.Judge.Sinks {
		if s.Guarantee.Delivery != checker.AtLeastOnce {
			return true
		}
	}
	return false
}

// lag asks how far the processors' groups are behind, all together; with no processor
// there is nothing in between.
func (e *execution) lag() func(ctx context.Context) (int64, error) {
	if !e.consumes() {
		return nil
	}
	return func(ctx context.Context) (int64, error) {
		var lag int64
		for _, g := range e.plan.Groups() {
			behind, err := e.admin.Lag(ctx, g.Name, g.Topic)
			if err != nil {
				return 0, err
			}
			if g.Topic != e.plan.Input.Name {
				// Behind the last record that a transaction wrote into a partition stands
				// its marker, which nobody consumes.
				behind = max(0, behind-int64(e.plan.Input.Partitions))
			}
			lag += behind
		}
		return lag, nil
	}
}
