package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"surety/topologies/docker/reaper"
	"surety/topologies/embedded"
	"surety/topologies/gateway"
	"surety/topologies/processors"
	"surety/topologies/services"
)

// The roles that this binary plays inside a topology.

func newGateway(c console) *cobra.Command {
	return &cobra.Command{
		Use:    "gateway",
		Short:  "Carry the links of one node (used inside a topology)",
		Hidden: true,
		Args:   exactly(0, "no argument"),
		RunE:   func(cmd *cobra.Command, _ []string) error { return gateway.Main(cmd.Context(), c.getenv, c.stderr) },
	}
}

func newBroker(c console) *cobra.Command {
	return &cobra.Command{
		Use:    "broker",
		Short:  "Serve one emulated broker until stdin ends (used by verify bench)",
		Hidden: true,
		Args:   exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return embedded.ServeAlone(cmd.Context(), cmd.InOrStdin(), c.stdout)
		},
	}
}

func newReaper(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:    "reaper",
		Short:  "Remove what a run leaves when it is killed (used inside a topology)",
		Hidden: true,
		Args:   exactly(0, "no argument, or start"),
		RunE:   func(cmd *cobra.Command, _ []string) error { return reaper.Main(cmd.Context(), c.getenv, c.stderr) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:    "start",
		Short:  "Start the container of a reaper (used by verify run)",
		Hidden: true,
		Args:   exactly(0, "no argument"),
		RunE:   func(cmd *cobra.Command, _ []string) error { return reaper.LaunchMain(cmd.Context(), c.getenv) },
	})
	return cmd
}

func newProcessor(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "processor NAME",
		Short: "Run a reference processor, told by SURETY_* where to read and write",
		Args:  exactly(1, "the name of a processor (see verify list)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s, err := services.Find(args[0]); err == nil {
				return runService(cmd.Context(), c, s)
			}
			p, err := processors.Find(args[0])
			if err != nil {
				return usage("%s", err)
			}
			cfg, err := processors.ConfigFromEnv(c.getenv)
			if err != nil {
				return usage("processor %s: %s", p.Name, err)
			}
			cfg.Log = c.stderr
			err = p.Run(cmd.Context(), cfg)
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		},
	}
}

// runService plays a service with a database of its own.
func runService(ctx context.Context, c console, s services.Service) error {
	cfg, err := services.ConfigFromEnv(s, c.getenv)
	if err != nil {
		return usage("processor %s: %s", s.Name, err)
	}
	cfg.Log = c.stderr
	if err = s.Run(ctx, cfg); errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
