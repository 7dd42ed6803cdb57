package gateway

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
)

// ownPath is where the control API passes requests on to an HTTP server in the
// gateway's own network namespace: /surety/own/{host}/{port}/ and its path.
const ownPath = "/surety/own/"

// own passes a request on, past all links: what is asked there is for the harness.
func own(w http.ResponseWriter, r *http.Request) {
	port, err := strconv.ParseUint(r.PathValue("port"), 10, 16)
	if err != nil {
		http.Error(w, "port is not a number", http.StatusBadRequest)
		return
	}
	host, prefix := r.PathValue("host"), ownPath+r.PathValue("host")+"/"+r.PathValue("port")
	once := &http.Transport{DisableKeepAlives: true} // the server there may be killed
	(&httputil.ReverseProxy{
		Transport: once,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL = &url.URL{
				Scheme: "http", Host: net.JoinHostPort(host, strconv.FormatUint(port, 10)),
				Path: strings.TrimPrefix(p.In.URL.Path, prefix), RawQuery: p.In.URL.RawQuery,
			}
			p.Out.Host = p.Out.URL.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}).ServeHTTP(w, r)
}

// Own is the address, without a slash at its end, at which a request is passed on to
// the HTTP server that listens in the gateway's network namespace under the host name
// and port given.
func (c *Client) Own(host string, port int) string {
	return fmt.Sprintf("%s%s%s/%d", c.base, ownPath, url.PathEscape(host), port)
}
