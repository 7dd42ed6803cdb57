package docker

import "context"

// NewOf makes a provider whose gateways and processors are the binary at path.
func NewOf(path string) *Provider {
	return &Provider{self: func(context.Context, string) (string, error) { return path, nil }}
}
