package selfcheck

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// weave walks through the lives of all keys of a world, several at a time, and
// takes one side of their scenes: what was written, or logged, or seen. Steps of
// one key keep their order; keys take turns as the draw has it. Equal salts give
// equal turns.
type weave[T any] struct {
	world  *world
	side   func(*scene) []T
	glued  func(*T) bool // this step follows the one before it at once
	tell   bool
	draw   *rand.Rand
	open   []*thread[T]
	key    int // of the next life
	holder *thread[T]
}

// thread is the life of one key, at one step of one scene.
type thread[T any] struct {
	life
	steps []T
	at    int    // of the next step
	marks []mark // one for each step of the scene
}

// mark is what a step was given when it was told: a number, or a position.
type mark struct {
	n      uint64
	offset int64
	append int64
}

func newWeave[T any](w *world, salt uint64, side func(*scene) []T) *weave[T] {
	return &weave[T]{world: w, side: side, draw: drawn(w.seed, salt)}
}

// drawn is a stream of the seed that can be drawn again.
func drawn(seed, salt uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, salt)) //nolint:gosec // nothing secret
}

// next moves to the next step and returns the thread that stands at it, nil after
// the last.
func (v *weave[T]) next() (*thread[T], *T) {
	for v.fill(); len(v.open) > 0; v.fill() {
		i := v.draw.IntN(len(v.open))
		t := v.open[i]
		if v.holder != nil {
			t, v.holder = v.holder, nil
		}
		switch {
		case t.at < len(t.steps):
			step := &t.steps[t.at]
			t.at++
			if v.glued != nil && t.at < len(t.steps) && v.glued(&t.steps[t.at]) {
				v.holder = t
			}
			return t, step
		case t.left > 0:
			t.next()
			t.steps, t.at = v.side(t.scene), 0
			t.marks = slices.Grow(t.marks[:0], len(t.steps))[:len(t.steps)]
		default:
			last := len(v.open) - 1
			v.open[i] = v.open[last]
			v.open = v.open[:last]
		}
	}
	return nil, nil
}

// fill opens the lives of further keys.
func (v *weave[T]) fill() {
	for len(v.open) < v.world.open && v.key < v.world.keys {
		v.open = append(v.open, &thread[T]{life: v.world.life(v.key, v.tell)})
		v.key++
	}
}

// mark is what the step that next returned last was given.
func (t *thread[T]) mark() *mark { return &t.marks[t.at-1] }

// life is the story of one key: an ordinary scene, and others until left attempts
// are told.
type life struct {
	scene  *scene
	left   int
	begun  bool
	forced bool // a scene with the anomaly that every history has is still to come
}

func (w *world) life(key int, tell bool) life {
	draw := drawn(w.seed, 1<<32+uint64(key)) //nolint:gosec // not negative
	text := fmt.Sprintf("key-%d", key)
	if key == 0 && w.seed%4 == 0 {
		text = ""
	}
	s := &scene{world: w, draw: draw, tell: tell}
	s.keys = append(s.keys, w.newKey(text, draw))
	return life{scene: s, left: w.perKey, forced: key == w.forced}
}

// next draws the next scene.
func (l *life) next() {
	s := l.scene
	s.reset()
	switch {
	case !l.begun:
		s.ordinary(0, 1)
		l.begun = true
	case l.forced || s.draw.Float64() < s.chance:
		s.kind.plant(s)
		l.forced = false
		if s.tell {
			s.scenes++
		}
	case s.calm && s.draw.IntN(20) > 0:
		ordinary(s)
	default:
		background[s.draw.IntN(len(background))](s)
	}
	told := 0
	for i := range s.writes {
		if s.writes[i].op == intent {
			told++
		}
	}
	l.left -= max(told, 1)
	if l.forced {
		l.left = max(l.left, 1)
	}
}
