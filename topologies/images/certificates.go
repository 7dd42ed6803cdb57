package images

import (
	"encoding/pem"
	"fmt"
	"os"

	"surety/topologies/docker/engine"
)

// bundles are where systems keep the certificates that they trust.
var bundles = []string{
	os.Getenv("SSL_CERT_FILE"),
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/cert.pem",
}

// hostCertificates gives the certificates that this machine trusts, one a file as
// update-ca-certificates wants them: behind a proxy that inspects TLS, Maven and
// apt inside a build need them too. Without a bundle the directory is empty.
func hostCertificates() []engine.File {
	for _, path := range bundles {
		if path == "" {
			continue
		}
		if b, err := os.ReadFile(path); err == nil {
			return split(b)
		}
	}
	return split(nil)
}

func split(bundle []byte) []engine.File {
	fs := []engine.File{{Name: "certs/", Mode: 0o755}}
	for {
		var block *pem.Block
		block, bundle = pem.Decode(bundle)
		if block == nil {
			return fs
		}
		if block.Type == "CERTIFICATE" {
			fs = append(fs, file(fmt.Sprintf("certs/host-%03d.crt", len(fs)), pem.EncodeToMemory(block)))
		}
	}
}
