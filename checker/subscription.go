package checker

// blameSubscriber corrects the origins at a sink that is a subscriber: between the log and
// what it was given is no processor but its own client.
func (sv *SinkVerdict) blameSubscriber() {
	for i := range sv.Findings {
		if sv.Findings[i].Origin == Processor {
			sv.Findings[i].Origin = AtSink
		}
	}
	if n := sv.Origins[Processor]; n > 0 {
		delete(sv.Origins, Processor)
		sv.Origins[AtSink] += n
	}
}
