package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// probe is what a browser tells of a page.
type probe struct {
	Width, Needs float64      // of the window, and of what stands in it
	Dark         bool         // the colour scheme
	Paper        string       // the colour behind the text
	Plots        [][2]float64 // width and height of each picture
	Fetched      []string     // what was loaded besides the page
	Errors       []string
	Opened       float64 // ms from the start of loading to its end
}

const (
	probeHead = `<script>const errors=[];addEventListener('error',e=>errors.push(String(e.message)),true)</script>`
	probeTail = `<script>addEventListener('load',()=>setTimeout(()=>{const t=performance.getEntriesByType('navigation')[0];
parent.postMessage(JSON.stringify({Width:innerWidth,Needs:document.documentElement.scrollWidth,
Dark:matchMedia('(prefers-color-scheme: dark)').matches,Paper:getComputedStyle(document.body).backgroundColor,
Plots:[...document.querySelectorAll('figure>svg')].map(s=>[s.getBoundingClientRect().width,s.getBoundingClientRect().height]),
Fetched:performance.getEntriesByType('resource').map(e=>e.name),Errors:errors,Opened:t.loadEventEnd}),'*')},0))</script>`
	// A window has a least width, a frame has none.
	probeFrame = `<!doctype html><html><head><meta name="color-scheme" content="light dark"></head><body style="margin:0">
<script>addEventListener('message',e=>document.documentElement.dataset.probe=e.data)</script>
<iframe src="page.html" width="%d" height="844" style="border:0"></iframe></body></html>`
)

// browse opens a page in a browser without a window, and asks it what is to be seen.
func browse(t *testing.T, browser, page string, width int, dark bool) probe {
	t.Helper()
	page = strings.Replace(page, "<head>", "<head>"+probeHead, 1)
	page = strings.Replace(page, "</body>", probeTail+"</body>", 1)
	dir := t.TempDir()
	for name, text := range map[string]string{"page.html": page, "frame.html": fmt.Sprintf(probeFrame, width)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	scheme := 1
	if dark {
		scheme = 0
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, //nolint:gosec // found on the path
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
		fmt.Sprintf("--window-size=%d,900", width+100), fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme),
		"--virtual-time-budget=10000", "--dump-dom", "file://"+filepath.Join(dir, "frame.html"))
	cmd.WaitDelay = 5 * time.Second
	var dom, says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dom, &says
	if err := cmd.Run(); err != nil {
		t.Fatalf("the browser ends with %v: %s", err, says.String())
	}
	for line := range strings.Lines(says.String()) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the console says %s", line)
		}
	}
	_, told, found := strings.Cut(dom.String(), `data-probe="`)
	told, _, _ = strings.Cut(told, `"`)
	var p probe
	if err := json.Unmarshal([]byte(html.UnescapeString(told)), &p); !found || err != nil {
		t.Fatalf("the page tells nothing: %v, %s", err, says.String())
	}
	return p
}

// In a real browser, on a phone and on a desk, by day and by night: every picture is
// there, nothing is wider than the window, nothing is fetched.
func TestAPageIsSoundInABrowser(t *testing.T) {
	var browser string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("SKIPPED: no Chromium is here")
	}
	page := string(render(t, HTML{}, drawn(t, 500)))
	pictures := strings.Count(page, `role="img"`)
	papers := map[bool]string{}
	for _, width := range []int{390, 1280} {
		for _, dark := range []bool{false, true} {
			p := browse(t, browser, page, width, dark)
			where := fmt.Sprintf("at %d px, dark %v", width, dark)
			if int(p.Width) != width || p.Dark != dark {
				t.Fatalf("%s: the window has %v px, dark %v", where, p.Width, p.Dark)
			}
			if p.Needs > p.Width {
				t.Errorf("%s: the page is %v px wide", where, p.Needs)
			}
			if len(p.Plots) == 0 || len(p.Plots) != pictures {
				t.Errorf("%s: %d of %d pictures", where, len(p.Plots), pictures)
			}
			for i, size := range p.Plots {
				if size[0] < 250 || size[0] > p.Width || size[1] < 40 {
					t.Errorf("%s: picture %d is %v by %v px", where, i, size[0], size[1])
				}
			}
			if len(p.Fetched)+len(p.Errors) > 0 {
				t.Errorf("%s: fetched %v, errors %v", where, p.Fetched, p.Errors)
			}
			papers[dark] = p.Paper
		}
	}
	if papers[true] == papers[false] {
		t.Errorf("by night the paper is %s, as by day", papers[true])
	}
}
