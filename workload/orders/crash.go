package orders

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Crash tells the service at an address to end itself at a named point, from so long
// after now on (PUT /crash/{point}).
func Crash(ctx context.Context, addr, point string, after time.Duration) error {
	to := "http://" + addr + "/crash/" + url.PathEscape(point) + "?after=" + url.QueryEscape(after.String())
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("tell the service to end itself at %s: %w", point, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 512)) // for people
		return fmt.Errorf("the service does not end itself at %s: it answered %d: %s", point, resp.StatusCode, strings.TrimSpace(string(text)))
	}
	return nil
}
