package meta

import (
	"errors"
	"sync"
	"sync/atomic"
)

// State is the machine. One goroutine at a time changes it, any number read
// it; both are safe together.
type State struct {
	view atomic.Pointer[View]

	// writing is held while a command is applied or a record loaded. Readers
	// never take it.
	writing sync.Mutex
	loading *load // between the first Load and Loaded
}

// New returns an empty state: not even the virtual host "/" is there. It takes
// either the commands of [First] or a stored state through Load.
func New() *State {
	s := &State{}
	s.view.Store(newView())
	return s
}

// View is everything as it is now. It never changes; hold it for as long as a
// consistent picture is needed and no longer, because it keeps what was deleted
// since from being collected.
func (s *State) View() *View { return s.view.Load() }

// Apply carries out a command, wholly or, when it returns an error, not at all.
// The errors are those of errors.go. What the command points to (lists, tables,
// definitions) belongs to the state afterwards and must not be changed. Apply
// must not be called between Load and Loaded.
func (s *State) Apply(c Command) (Result, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.loading != nil {
		panic("BUG: meta: Apply between Load and Loaded")
	}
	t := begin(s.view.Load())
	if err := c.apply(t); err != nil {
		return Result{QueueID: t.result.QueueID}, err
	}
	s.view.Store(t.end())
	return t.result, nil
}

// Load takes back one pair that a Change, Dump or DumpAll gave, in any order,
// into a state fresh from New. Readers see nothing of it before Loaded. The
// state keeps no reference to value. An error (ErrDecode) means that the pair
// is damaged or unknown; the state is then of no use.
func (s *State) Load(key string, value []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.loading == nil {
		if !s.view.Load().empty() {
			return errors.New("load into a state that is not empty")
		}
		s.loading = newLoad(s.view.Load())
	}
	return s.loading.pair(key, value)
}

// Loaded ends loading: it checks that everything that the records refer to is
// there, then publishes the state. Its error names the first record whose
// reference is missing. Without any Load before it does nothing.
func (s *State) Loaded() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.loading == nil {
		return nil
	}
	view, err := s.loading.finish()
	if err != nil {
		return err
	}
	s.view.Store(view)
	s.loading = nil
	return nil
}

// Dump calls f for everything durable, in an order that depends on nothing but
// the state, and stops at the first error of f. See [View.Dump].
func (s *State) Dump(f func(Change) error) error { return s.View().Dump(f) }
