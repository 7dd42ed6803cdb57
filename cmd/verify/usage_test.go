package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWrongUsageIsOneSentence(t *testing.T) {
	bad := written(t, "bad.yaml", "scenario: bad\ntopology: {processors: [{reference: at-least-once}]}\nfaults:\n  - parttion: {target: broker/1, at: 30%}\n")
	empty := written(t, "empty.yaml", "")
	suite := written(t, "suite.yaml", "suite: mine\nscenarios:\n  - {scenario: crush}\n")
	mirrors := written(t, "mirrors.yaml", "register: mirror.example\n")
	tab := written(t, "tab.yaml", "scenario: tab\ntopology:\n\tpartitions: 3\n")
	for _, tt := range []struct {
		reason string
		args   []string
		want   []string
	}{
		{"an unknown command", []string{"rum"}, []string{`unknown command "rum" (did you mean "run"?)`, "known:", "check"}},
		{"an unknown flag", []string{"run", "--sed", "1"}, []string{`unknown flag "--sed" (did you mean "--seed"?)`, "--json"}},
		{"an unknown flag of another command", []string{"check", "--sed", "1"}, []string{`unknown flag "--sed"`, "see verify check --help"}},
		{"an unknown scenario", []string{"run", "crush"}, []string{`unknown scenario or suite "crush" (did you mean "crash"?)`, "known:", "quick", "cut"}},
		{"an unknown suite", []string{"run", "kafak"}, []string{`did you mean "kafka"?`}},
		{"one of two is unknown", []string{"run", "crash", "cot"}, []string{`did you mean "cut"?`}},
		{"a file that is not there", []string{"run", "nowhere.yaml"}, []string{"nowhere.yaml: cannot be read: no such file or directory"}},
		{"a directory as a file", []string{"run", filepath.Dir(bad) + "/.."}, []string{"unknown scenario or suite"}},
		{"an unknown fault in a file", []string{"run", bad}, []string{bad + `:4: unknown fault "parttion"; known: kill, pause`}},
		{"an empty file", []string{"run", empty}, []string{empty + ": the file is empty"}},
		{"a tab in a file", []string{"run", tab}, []string{tab + ":3:", "spaces"}},
		{"an unknown scenario in a suite", []string{"run", suite}, []string{suite + `:3: unknown scenario "crush" (did you mean "crash"?)`}},
		{"a scenario named twice", []string{"run", "crash", "crash"}, []string{"the scenario crash is named twice"}},
		{"a seed that is no number", []string{"run", "crash", "--seed", "lucky"}, []string{"--seed:", "hexadecimal", `"lucky"`}},
		{"a seed that is too long", []string{"run", "crash", "--seed", "0123456789abcdef0"}, []string{"--seed:", "16"}},
		{"an image of nothing", []string{"run", "crash", "--image", "kafka"}, []string{"--image", "NAME=REFERENCE", `"kafka"`}},
		{"an image with no name", []string{"run", "crash", "--image", "=x"}, []string{"--image", `"=x"`}},
		{"an image that nothing has", []string{"run", "leader-kill", "--image", "kafak=x"}, []string{`--image: unknown image "kafak" (did you mean "kafka"?); known: kafka`}},
		{"an image where none is used", []string{"run", "crash", "--image", "kafka=x"}, []string{"--image kafka=x: no image is used by what is to run"}},
		{"a rate that is none", []string{"run", "crash", "--rate", "fast"}, []string{"--rate:", "2000/s", `"fast"`}},
		{"less than no records", []string{"run", "crash", "--records", "-5"}, []string{"--records is -5"}},
		{"less than no keys", []string{"run", "crash", "--keys", "-5"}, []string{"--keys is -5"}},
		{"more at once than nothing", []string{"run", "crash", "--parallel", "-5"}, []string{"--parallel is -5"}},
		{"a number that is none", []string{"run", "crash", "--records", "many"}, []string{"--records", `"many"`}},
		{"an unknown processor", []string{"run", "crash", "--processor", "exactly-onec"}, []string{`--processor: unknown reference processor "exactly-onec" (did you mean "exactly-once"?)`}},
		{"an unknown provider", []string{"run", "crash", "--provider", "dokcer"}, []string{`--provider: unknown provider "dokcer" (did you mean "docker"?); known: embedded, docker`}},
		{"more writers than keys by a flag", []string{"run", "crash", "--keys", "1"}, []string{"2 writers cannot share 1 keys"}},
		{"fewer trials than none", []string{"run", "crash", "--trials", "-1"}, []string{"--trials lies between 1 and 1000; this is -1"}},
		{"trials without end", []string{"run", "crash", "--until-violated"}, []string{"--until-violated wants an end: --trials, or --budget"}},
		{"a budget below nothing", []string{"run", "crash", "--budget", "-1s"}, []string{"--budget is a time above 0s"}},
		{"a replay of nothing", []string{"replay"}, []string{"verify replay wants the directory of one run"}},
		{"a replay of what is no run", []string{"replay", t.TempDir()}, []string{"is not a run that can be run again: no such file or directory"}},
		{"a replay no times", []string{"replay", "a", "--trials", "0"}, []string{"--trials lies between 1 and 1000; this is 0"}},
		{"nothing to shrink", []string{"shrink"}, []string{"verify shrink wants the directory of one run"}},
		{"what is no run to shrink", []string{"shrink", t.TempDir()}, []string{"is not a run that can be run again: no such file or directory"}},
		{"more violations than runs", []string{"shrink", "a", "--runs", "3", "--least", "4"}, []string{"--least lies between 1 and --runs, 3; this is 4"}},
		{"no time to shrink", []string{"shrink", "a", "--budget", "0s"}, []string{"--budget is a time above 0s"}},
		{"a table of nothing", []string{"detection"}, []string{"verify detection wants JSON reports"}},
		{"a comparison of nothing", []string{"engines"}, []string{"verify engines wants JSON reports"}},
		{"a table of what is no report", []string{"detection", bad}, []string{bad + " cannot be taken in: it is no JSON report"}},
		{"check of nothing", []string{"check"}, []string{"verify check wants the directory of one run"}},
		{"check of two", []string{"check", "a", "b"}, []string{"verify check wants the directory of one run"}},
		{"check of a directory that is no run", []string{"check", t.TempDir()}, []string{"is not a run that can be judged", "no such file or directory"}},
		{"check of a file", []string{"check", bad}, []string{"is not a run that can be judged", "not a directory"}},
		{"check of what is not there", []string{"check", "nowhere"}, []string{"nowhere is not a run that can be judged"}},
		{"a trace that is not there", []string{"check", "--trace", "nowhere.jsonl"}, []string{"the trace nowhere.jsonl cannot be read: no such file or directory"}},
		{"a trace that is no trace", []string{"check", "--trace", bad}, []string{bad + ":1:1: expected {, the start of a JSON object; here is 's'"}},
		{"a trace beside a run", []string{"check", "--trace", bad, "a"}, []string{`verify check --trace wants no run beside the trace; it got "a"`}},
		{"an unknown guarantee of a trace", []string{"check", "--trace", bad, "--guarantee", "exactly-onec"}, []string{`--guarantee: unknown guarantee "exactly-onec" (did you mean "exactly-once"?); known: at-most-once, at-least-once, exactly-once`}},
		{"an unknown order of a trace", []string{"check", "--trace", bad, "--order", "keys"}, []string{`--order: unknown order "keys" (did you mean "key"?); known: none, key`}},
		{"an unknown oracle of a trace", []string{"check", "--trace", bad, "--oracle", "counts"}, []string{`--oracle: unknown oracle "counts" (did you mean "count"?)`}},
		{"an oracle without its parameter", []string{"check", "--trace", bad, "--oracle", "filter"}, []string{"--with: the oracle filter wants keep"}},
		{"a parameter that none takes", []string{"check", "--trace", bad, "--with", "sizes=5s"}, []string{`--with: there is no parameter "sizes"; known are keep, table, outputs, ttl, size, lateness`}},
		{"an unknown state of a trace", []string{"check", "--trace", bad, "--state", "finals"}, []string{`--state: unknown state "finals" (did you mean "final"?); known: final, monotonic`}},
		{"an oracle of a stored run", []string{"check", "a", "--oracle", "count"}, []string{"--oracle goes with --trace"}},
		{"a guarantee of a stored run", []string{"check", "a", "--guarantee", "at-least-once"}, []string{"--guarantee goes with --trace"}},
		{"a report of nothing", []string{"report"}, []string{"verify report wants the directory of a run"}},
		{"a report of a directory that holds no run", []string{"report", t.TempDir()}, []string{"is not a run that can be judged, and holds none"}},
		{"a report of what is not there", []string{"report", "nowhere"}, []string{"nowhere is not a run that can be judged: no such file or directory"}},
		{"a report in an unknown format", []string{"report", "a", "--format", "junti"}, []string{`--format: unknown format "junti" (did you mean "junit"?)`, "terminal", "csv"}},
		{"a report into a directory that is not there", []string{"run", "crash", "--junit", "nowhere/j.xml"}, []string{"--junit: nowhere/j.xml cannot be written: no such file or directory"}},
		{"a JUnit file of a trace", []string{"check", "--trace", bad, "--junit", "j.xml"}, []string{"--junit goes with a stored run, not with --trace"}},
		{"a comparison of one side", []string{"compare", "a"}, []string{"verify compare wants two directories of stored runs"}},
		{"a comparison with what is not there", []string{"compare", "nowhere", "b"}, []string{"nowhere is not a run that can be judged: no such file or directory"}},
		{"export of a directory that is no run", []string{"export", t.TempDir()}, []string{"has no history that can be read"}},
		{"export of a file that is no history", []string{"export", bad}, []string{"has no history that can be read"}},
		{"an unknown reference processor to run", []string{"processor", "at-least"}, []string{`unknown processor "at-least"`, "exactly-once"}},
		{"a processor that is told nothing", []string{"processor", "at-least-once"}, []string{"processor at-least-once: SURETY_BOOTSTRAP"}},
		{"an unknown image", []string{"images", "build", "kafak"}, []string{`unknown image recipe "kafak" (did you mean "kafka"?)`}},
		{"an image of another version than there is", []string{"images", "build", "jre=21"}, []string{`makes version 17 only, not "21"`}},
		{"no image", []string{"images", "build"}, []string{"wants the names of recipes"}},
		{"an image that nobody publishes", []string{"images", "pull", "jre"}, []string{`unknown official image "jre"`, "known: kafka, rabbitmq, postgres"}},
		{"a file of images that is not there", []string{"run", "leader-kill", "--images-file", "none.yaml"}, []string{"none.yaml: cannot be read: no such file or directory"}},
		{"a mistake in the file of images", []string{"run", "leader-kill", "--images-file", mirrors}, []string{mirrors + `:1: unknown field "register" (did you mean "registry"?)`}},
		{"a mistake in the file of images to pull", []string{"images", "pull", "--images-file", mirrors}, []string{mirrors + ":1: "}},
		{"clean of something", []string{"clean", "mine"}, []string{"verify clean wants no argument"}},
		{"a doctor for something", []string{"doctor", "kafka"}, []string{"verify doctor wants no argument"}},
		{"a selfcheck of something", []string{"selfcheck", "lost"}, []string{"verify selfcheck wants no argument"}},
		{"a selfcheck of no histories", []string{"selfcheck", "--trials", "0"}, []string{"--trials is 0"}},
		{"a selfcheck with a seed that is no number", []string{"selfcheck", "--seed", "lucky"}, []string{"--seed:", "hexadecimal", `"lucky"`}},
		{"a selfcheck of an unknown class", []string{"selfcheck", "--class", "lots"}, []string{`--class: unknown class or kind "lots" (did you mean "lost"?)`, "torn", "lost-prefix"}},
		{"a list of something", []string{"list", "faults"}, []string{"verify list wants no argument"}},
		{"a version of something", []string{"version", "go"}, []string{"verify version wants no argument"}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "runs")
			args := tt.args
			if args[0] == "run" {
				args = append(args, "--out", out)
			}
			got := verify(t, args...)
			if got.code != exitUsage {
				t.Errorf("exit code %d", got.code)
			}
			if got.stdout != "" {
				t.Errorf("it writes to stdout:\n%s", got.stdout)
			}
			sentence(t, got.stderr, tt.want...)
			if _, err := os.Stat(out); err == nil {
				t.Error("it left a directory behind")
			}
		})
	}
}

func TestWhatCannotBeKeptIsSaidBeforeAnythingStarts(t *testing.T) {
	file := written(t, "file", "")
	for _, tt := range []struct{ reason, out string }{
		{"a file", file},
		{"below a file", filepath.Join(file, "runs")},
		{"where nobody may write", "/proc/surety"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			got := verify(t, "run", "crash", "--out", tt.out)
			if got.code != exitEnvironment {
				t.Errorf("exit code %d", got.code)
			}
			sentence(t, got.stderr, "the runs cannot be kept in "+tt.out, "--out")
		})
	}
}

func TestAFullDiskIsTheEnvironments(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small file system cannot be mounted here (it takes root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	got := verify(t, "run", "crash", "--out", dir)
	if got.code != exitEnvironment {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stdout, "! environment", "no space left on device")
}

func TestDockerAbsentSaysWhatToDo(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent.sock")
	got := verify(t, "run", "leader-kill", "--out", t.TempDir())
	if got.code != exitEnvironment {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stdout, "! environment", "unix:///nonexistent.sock", "try  start it", "1 environment")
}

func TestCleanWithoutDockerSaysWhatToDo(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent.sock")
	got := verify(t, "clean")
	if got.code != exitEnvironment || got.stdout != "" {
		t.Errorf("exit code %d, stdout %q", got.code, got.stdout)
	}
	sentence(t, got.stderr, "unix:///nonexistent.sock", "start it")
}

func TestDoctorWithoutDockerSaysHowToGoOn(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent.sock")
	got := verify(t, "doctor")
	if got.code != exitEnvironment || got.stderr != "" {
		t.Errorf("exit code %d, stderr %q", got.code, got.stderr)
	}
	says(t, got.stdout, "missing  engine", "unix:///nonexistent.sock", "try  start it", "verify run quick")

	got = verify(t, "doctor", "--json")
	var all struct {
		Ready    bool
		Findings []struct{ What, Status, Found, Fix string }
	}
	if err := json.Unmarshal([]byte(got.stdout), &all); err != nil || got.code != exitEnvironment {
		t.Fatalf("exit code %d, error %v in\n%s", got.code, err, got.stdout)
	}
	if all.Ready || len(all.Findings) == 0 || all.Findings[0].Status != "missing" || all.Findings[0].Fix == "" {
		t.Errorf("%+v", all)
	}
}

func TestTheReapersRolesAreNotForPeople(t *testing.T) {
	for _, args := range [][]string{{"reaper"}, {"reaper", "start"}} {
		got := verify(t, args...)
		if got.code != exitEnvironment || got.stdout != "" {
			t.Errorf("%v: exit code %d, stdout %q", args, got.code, got.stdout)
		}
		sentence(t, got.stderr, "the environment variable SURETY_R")
	}
	says(t, verify(t, "--help").stdout, "doctor", "clean")
	if strings.Contains(verify(t, "--help").stdout, "reaper") {
		t.Error("the help names the reaper")
	}
}

func TestListNamesEverything(t *testing.T) {
	got := verify(t, "list")
	if got.code != exitUpheld || got.stderr != "" {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	says(t, got.stdout, "quick", "leader-kill", "exactly-once", "commit-before-processing", "isolate", "docker", "zipf")
}

func TestHelpAndVersionAreAnswers(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"run", "--help"}, {"version"}, {"images"}} {
		got := verify(t, args...)
		if got.code != exitUpheld || got.stderr != "" || !strings.Contains(got.stdout, "verify") {
			t.Errorf("%v: exit code %d\n%s%s", args, got.code, got.stdout, got.stderr)
		}
	}
}

func TestTheWorstOfManyRunsIsTheExitCode(t *testing.T) {
	for _, tt := range []struct {
		reason string
		codes  []int
		want   int
	}{
		{"nothing ran", nil, 0},
		{"all upheld", []int{0, 0}, 0},
		{"one is inconclusive", []int{0, 2, 0}, 2},
		{"the environment hides what is inconclusive", []int{2, 3}, 3},
		{"a violation stands above the environment", []int{3, 1, 2}, 1},
		{"wrong usage stands above a violation", []int{1, 4}, 4},
		{"an interruption stands above all", []int{4, 1, 130, 0}, 130},
	} {
		if got := worst(tt.codes); got != tt.want {
			t.Errorf("%s: %v gives %d", tt.reason, tt.codes, got)
		}
	}
}
