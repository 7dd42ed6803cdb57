package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"surety/topologies/gateway"
)

// minSessionTimeout lets groups notice a lost member fast, for short runs.
const minSessionTimeout = 100 * time.Millisecond

// cluster is the brokers and the gateway before them.
type cluster struct {
	kafka   *kfake.Cluster
	gateway *gateway.Server
	client  *gateway.Client
	real    []net.Listener      // of the brokers, in their order
	told    []string            // addresses that the brokers advertise
	ways    map[string][]string // addresses of each client's own proxies: processor-1, driver
	others  []gateway.Route     // that lead to no broker, as they are really listened on
}

// nowhere is where the brokers say that they are: nobody listens there. Whoever was
// not shown a proxy of its own in the place of it reaches nothing, which is seen at
// once; a way around the proxies would not be. It is as long as the proxies' host, so
// that answers keep their length.
const nowhere = "127.0.0.9"

// newCluster starts n brokers with a proxy to each for every client, and the proxies of
// other routes. What was started is closed again on an error.
func newCluster(ctx context.Context, n int, config map[string]string, others []gateway.Route, clients ...string) (*cluster, error) {
	c := &cluster{ways: map[string][]string{}, others: others}
	if err := c.start(ctx, n, config, clients); err != nil {
		return nil, errors.Join(err, c.close(context.WithoutCancel(ctx)))
	}
	return c, nil
}

func (c *cluster) start(ctx context.Context, n int, config map[string]string, clients []string) error {
	var lc net.ListenConfig
	for range n {
		l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("listen for a broker: %w", err)
		}
		c.real = append(c.real, l)
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return err
		}
		c.told = append(c.told, net.JoinHostPort(nowhere, port))
	}
	var err error
	c.gateway, err = gateway.Start(ctx, gateway.Config{Control: "127.0.0.1:0", Routes: append(c.routes(clients), c.others...)})
	if err != nil {
		return err
	}
	routes := c.gateway.Routes()
	brokers := len(routes) - len(c.others)
	c.others = routes[brokers:]
	for _, r := range routes[:brokers] {
		c.ways[r.From] = append(c.ways[r.From], r.Listen)
	}
	if c.client, err = gateway.Connect(ctx, c.gateway.ControlURL(), routes); err != nil {
		return err
	}
	return c.serve(config)
}

// routes gives each client a proxy to each broker, in the brokers' order.
func (c *cluster) routes(clients []string) []gateway.Route {
	var routes []gateway.Route
	for i, l := range c.real {
		for _, from := range clients {
			routes = append(routes, gateway.Route{
				From: from, To: brokerName(i), Port: "kafka",
				Listen: "127.0.0.1:0", Upstream: l.Addr().String(),
				Protocol: "kafka", Advertised: c.told[i],
			})
		}
	}
	return routes
}

// serve starts kfake on the real listeners. kfake numbers its brokers from 0: one more is
// started and removed before there is any topic, so that the ids are those of
// the nodes' names.
func (c *cluster) serve(config map[string]string) error {
	made := 0
	var err error
	c.kafka, err = kfake.NewCluster(
		kfake.NumBrokers(len(c.real)+1),
		kfake.GroupMinSessionTimeout(minSessionTimeout),
		kfake.BrokerConfigs(config),
		kfake.ListenFn(func(network, address string) (net.Listener, error) {
			made++
			if made == 1 {
				return net.Listen(network, address)
			}
			return advertised{c.real[made-2], c.told[made-2]}, nil
		}),
	)
	if err != nil {
		return err
	}
	answerLeaderEpochs(c.kafka)
	stampAppendTime(c.kafka)
	spreadLeaders(c.kafka, int32(len(c.real)))
	return c.kafka.RemoveNode(0)
}

// close ends the gateway first, so that no connection outlives its far side.
func (c *cluster) close(ctx context.Context) error {
	var err error
	if c.client != nil {
		c.client.Close()
	}
	if c.gateway != nil {
		err = c.gateway.Close(ctx)
	}
	if c.kafka != nil {
		c.kafka.Close()
	}
	for _, l := range c.real {
		_ = l.Close() // kfake has closed those that it served
	}
	return err
}

// dial maps an advertised address to the one of to at the same place.
func (c *cluster) dial(to []string) func(context.Context, string, string) (net.Conn, error) {
	own := map[string]string{}
	for i, addr := range c.told {
		own[addr] = to[i]
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if mapped, ok := own[addr]; ok {
			addr = mapped
		}
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}
}

// brokers are the brokers' own addresses.
func (c *cluster) brokers() []string {
	var addrs []string
	for _, l := range c.real {
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
}

// advertised is a listener that gives another address as its own.
type advertised struct {
	net.Listener
	addr string
}

func (a advertised) Addr() net.Addr { return address(a.addr) }

type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }
