package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is the path of a run directory: one run, complete in itself.
type Dir string

// History is the file of records, see Open.
func (d Dir) History() string { return filepath.Join(string(d), "history.bin") }

// Plan is the resolved plan, stored before anything starts.
func (d Dir) Plan() string { return filepath.Join(string(d), "plan.json") }

// Scenario is the scenario behind the plan, as a file that runs by itself.
func (d Dir) Scenario() string { return filepath.Join(string(d), "scenario.yaml") }

// Header is the history's header once more, for people.
func (d Dir) Header() string { return filepath.Join(string(d), "header.json") }

// Verdict is the judgement of the history.
func (d Dir) Verdict() string { return filepath.Join(string(d), "verdict.json") }

// Logs is the directory of the nodes' logs.
func (d Dir) Logs() string { return filepath.Join(string(d), "logs") }

// probeSize is what must fit on the disk for a run to be worth starting.
const probeSize = 1 << 20

// MakeDir makes a run directory with its logs directory. It refuses a directory
// that holds anything, and finds a read-only or full disk now rather than in the
// middle of a run.
func MakeDir(path string) (Dir, error) {
	entries, err := os.ReadDir(path)
	switch {
	case err == nil && len(entries) > 0:
		return "", fmt.Errorf("run directory %s is not empty: it holds %s", path, entries[0].Name())
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("run directory %s cannot be used: %w", path, cause(err))
	}
	found := err == nil
	dir := Dir(path)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", fmt.Errorf("run directory %s cannot be made: %w", path, cause(err))
	}
	err = probe(path)
	if err == nil {
		err = os.Mkdir(dir.Logs(), 0o755)
	}
	if err != nil {
		if !found {
			_ = os.Remove(path) // the next try finds no leftover
		}
		return "", fmt.Errorf("run directory %s cannot be written: %w", path, cause(err))
	}
	return dir, nil
}

// probe writes and removes a file: a full disk still makes directories.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeSize))
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// cause drops the operation and the path from a file error: the sentence around
// it says both.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
