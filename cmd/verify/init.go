package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"surety/scenarios"
	"surety/scenarios/catalogue"
)

func newInit(c console) *cobra.Command {
	var (
		d       scenarios.Draft
		command string
		path    string
	)
	cmd := &cobra.Command{
		Use:   "init [NAME]",
		Short: "Write a commented scenario for your own processor that runs at once",
		Long: `Write NAME.yaml (my-pipeline.yaml when no name is given): a commented scenario that
kills your processor under load and says what must hold. On a terminal it asks for
what no flag says.`,
		Example: `  verify init orders --command "python3 app.py" --guarantee at-least-once
  verify init orders --image registry.example/orders:1.4 --guarantee exactly-once --order key`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d.Name = "my-pipeline"
			if len(args) == 1 {
				d.Name = strings.TrimSuffix(args[0], ".yaml")
			}
			d.Command = strings.Fields(command)
			in := c.stdin
			if in == nil && isatty.IsTerminal(os.Stdin.Fd()) {
				in = os.Stdin
			}
			if in != nil {
				if err := ask(in, c.stderr, &d); err != nil {
					return err
				}
			}
			if len(d.Command) == 0 && d.Image == "" && d.Reference == "" {
				return usage(`verify init wants what is under test: --command "python3 app.py", --image NAME or --reference NAME`)
			}
			if d.Delivery == "" && d.Reference == "" {
				return usage("verify init wants --guarantee at-most-once, at-least-once or exactly-once: what you declare is what is judged")
			}
			text, err := d.Write(catalogue.Vocabulary())
			if err != nil {
				return usage("verify init: %s", err)
			}
			if path == "" {
				path = d.Name + ".yaml"
			}
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // the user names the file
			if errors.Is(err, os.ErrExist) {
				return usage("%s is there already; name another scenario, or another file with -o", path)
			}
			if err == nil {
				_, err = f.Write(text)
				err = errors.Join(err, f.Close())
			}
			if err != nil {
				return coded{exitEnvironment, fmt.Errorf("%s could not be written: %w", path, cause(err))}
			}
			_, err = fmt.Fprintf(c.stdout, "%s is written. Now:\n  verify explain %s\n  verify run %s\n", path, path, path)
			return err
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&command, "command", "", "command line of your processor, run on this machine")
	fl.StringVar(&d.Image, "image", "", "container image of your processor")
	fl.StringVar(&d.Reference, "reference", "", "a processor that came with verify")
	fl.StringVar(&d.Delivery, "guarantee", "", "at-most-once, at-least-once or exactly-once")
	fl.StringVar(&d.Order, "order", "", "key, where the records of a key keep their order")
	fl.StringVar(&d.Provider, "provider", "", "embedded or docker; docker for an image")
	fl.StringVarP(&path, "output", "o", "", "file to write (NAME.yaml when empty)")
	return cmd
}

// ask fills in what the flags left out, a line for each question. An input that ends
// leaves the rest as it is.
func ask(in io.Reader, out io.Writer, d *scenarios.Draft) error {
	lines := bufio.NewScanner(in)
	question := func(text string) string {
		fmt.Fprint(out, text)
		if !lines.Scan() {
			return ""
		}
		return strings.TrimSpace(lines.Text())
	}
	if len(d.Command) == 0 && d.Image == "" && d.Reference == "" {
		if d.Image = question("Container image of your processor (empty for a command): "); d.Image == "" {
			d.Command = strings.Fields(question("Command line that starts it: "))
		}
	}
	if d.Delivery == "" && d.Reference == "" {
		d.Delivery = question("What it guarantees (at-most-once, at-least-once, exactly-once): ")
		if d.Order == "" && strings.HasPrefix(strings.ToLower(question("Do records of one key keep their order? (y/N): ")), "y") {
			d.Order = "key"
		}
	}
	return lines.Err()
}
