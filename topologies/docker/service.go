package docker

import (
	"context"
	"strconv"

	"surety/topologies"
	"surety/topologies/gateway"
)

// service is a server beside the brokers, of which processors are clients, or a processor
// of which the driver is one.
type service struct {
	what  string // what its links carry, and what its port is for: postgres
	read  bool   // rules can be about the messages of its links
	port  int    // inside its network namespace
	start func(ctx context.Context, t *topology, h *host) error
	await func(ctx context.Context, t *topology, h *host) error // until it serves
}

// serve lays out the services of a cluster.
func (l *layout) serve(spec topologies.Spec) error {
	if spec.Database.Any() {
		s, err := databaseService(spec.Database)
		if err != nil {
			return err
		}
		l.services = append(l.services, &host{
			name: string(topologies.DatabaseNode) + "-1", kind: topologies.DatabaseNode, index: 1, limits: spec.Database.Limits, serves: s,
		})
	}
	for _, h := range l.services {
		s := h.serves
		h.routes = append(h.routes, gateway.Route{
			From: string(topologies.Drive), To: h.name, Port: s.what,
			Listen: address("0.0.0.0", drivePort), Upstream: address(h.name, s.port), Protocol: s.protocol(),
		})
	}
	return nil
}

// serve lets the driver in to a processor that serves clients.
func (h *host) serve() {
	if h.spec.Port == 0 {
		return
	}
	h.serves = &service{what: "http", port: h.spec.Port}
	h.routes = append(h.routes, gateway.Route{
		From: string(topologies.Drive), To: h.name, Port: h.serves.what,
		Listen: address("0.0.0.0", drivePort), Upstream: address(h.name, h.spec.Port),
	})
}

// Served implements topologies.Serving.
func (t *topology) Served(v topologies.View) map[string]string {
	out := map[string]string{}
	for _, h := range t.layout.processors {
		switch {
		case h.serves == nil:
		case v == topologies.Drive:
			out[h.name] = h.ports.drive
		default:
			out[h.name] = h.ports.observe
		}
	}
	return out
}

func (s *service) protocol() string {
	if s.read {
		return s.what
	}
	return ""
}

// use gives a processor its egress proxies to every service.
func (h *host) use(services []*host) {
	for i, to := range services {
		ip := "127.0.4." + strconv.Itoa(i+1)
		h.loopback[to.name] = ip
		h.routes = append(h.routes, gateway.Route{
			From: h.name, To: to.name, Port: to.serves.what,
			Listen: address(ip, to.serves.port), Upstream: address(to.name+".node", to.serves.port), Protocol: to.serves.protocol(),
		})
	}
}

// observed is the port that the observe view enters by, past the gateway's proxies;
// 0 = nobody looks into the node.
func (h *host) observed() int {
	switch {
	case h.kind == topologies.BrokerNode:
		return driverPort
	case h.serves != nil:
		return h.serves.port
	}
	return 0
}
