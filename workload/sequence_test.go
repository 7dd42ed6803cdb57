package workload

import (
	"slices"
	"testing"
	"time"
)

func items(t *testing.T, l Load, seed string) []Item {
	t.Helper()
	s, err := NewSequence(l, seed)
	if err != nil {
		t.Fatal(err)
	}
	var all []Item
	for {
		item, ok := s.Next()
		if !ok {
			return all
		}
		all = append(all, item)
	}
}

func TestEveryShapeIsWhole(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Shapes {
		if s.Name == "" || s.Doc == "" || s.Draw == nil {
			t.Errorf("shape %q is not filled in", s.Name)
		}
		if names[s.Name] {
			t.Errorf("shape %q is there twice", s.Name)
		}
		names[s.Name] = true
	}
}

func TestSequenceFollowsFromTheSeed(t *testing.T) {
	for _, shape := range Shapes {
		t.Run(shape.Name, func(t *testing.T) {
			l := Load{Records: 5000, Keys: 50, Writers: 3, Skew: shape.Name}
			if shape.Name == "hot" {
				l.Hot = 0.3
			}
			one := items(t, l, "seed-1")
			if !slices.Equal(one, items(t, l, "seed-1")) {
				t.Error("the same seed gave another sequence")
			}
			if slices.Equal(one, items(t, l, "seed-2")) {
				t.Error("another seed gave the same sequence")
			}
			next := map[int]int64{}
			owner := map[int]uint32{}
			for i, item := range one {
				if item.N != int64(i) || item.Key < 0 || item.Key >= l.Keys || item.Writer >= uint32(l.Writers) {
					t.Fatalf("item %d is %+v", i, item)
				}
				if item.Seq != next[item.Key] {
					t.Fatalf("key %d goes from sequence %d to %d", item.Key, next[item.Key]-1, item.Seq)
				}
				next[item.Key]++
				if w, ok := owner[item.Key]; ok && w != item.Writer {
					t.Fatalf("key %d has writers %d and %d", item.Key, w, item.Writer)
				}
				owner[item.Key] = item.Writer
			}
			if int64(len(one)) != l.Records {
				t.Errorf("%d items of %d", len(one), l.Records)
			}
		})
	}
}

func TestShapesSkewAsTheySay(t *testing.T) {
	const n, keys = 20_000, 100
	for _, row := range []struct {
		load      Load
		low, high float64 // share of the most frequent key
		reason    string
	}{
		{Load{Skew: ""}, 0.007, 0.014, "uniform: a hundredth each"},
		{Load{Skew: "zipf"}, 0.18, 0.30, "zipf: 1 / sum of k^-1.1 over 100 keys is 0.236"},
		{Load{Skew: "hot", Hot: 0.5}, 0.48, 0.52, "hot: half on one key"},
		{Load{Skew: "hot", Hot: 1}, 1, 1, "hot: all on one key"},
	} {
		row.load.Records, row.load.Keys, row.load.Writers = n, keys, 1
		counts := make([]int, keys)
		for _, item := range items(t, row.load, "seed") {
			counts[item.Key]++
		}
		if share := float64(slices.Max(counts)) / n; share < row.low || share > row.high {
			t.Errorf("%s: the most frequent key has a share of %.3f", row.reason, share)
		}
	}
}

func TestShapesTakeASingleKey(t *testing.T) {
	for _, shape := range Shapes {
		l := Load{Records: 10, Keys: 1, Writers: 2, Skew: shape.Name}
		if shape.Name == "hot" {
			l.Hot = 0.1
		}
		for _, item := range items(t, l, "seed") {
			if item.Key != 0 {
				t.Errorf("%s drew key %d of one", shape.Name, item.Key)
			}
		}
	}
}

func TestEventTimesOutOfOrderAreDrawnFromTheSeedAndLeaveTheKeysAlone(t *testing.T) {
	load := Load{Records: 2000, Keys: 9, Writers: 2}
	late := load
	late.OutOfOrder = 20 * time.Millisecond
	plain, drawn := items(t, load, "a"), items(t, late, "a")
	if !slices.Equal(drawn, items(t, late, "a")) {
		t.Error("one seed, two sequences")
	}
	seen := map[time.Duration]bool{}
	for i, item := range drawn {
		seen[item.Behind] = true
		if item.Behind = 0; item != plain[i] {
			t.Fatalf("item %d is %+v, in order %+v", i, item, plain[i])
		}
	}
	for ms := range 21 {
		if !seen[time.Duration(ms)*time.Millisecond] {
			t.Errorf("of 2000 records none lies %d ms behind", ms)
		}
	}
	if len(seen) != 21 {
		t.Errorf("%d distances, want the whole milliseconds from 0 to 20", len(seen))
	}
}
