package store

import (
	"sync"
	"sync/atomic"
)

const pageSize = 256

// table maps small numbers to pointers. Reading takes no lock and never waits.
type table[T any] struct {
	pages atomic.Pointer[[]*page[T]] // replaced, never changed
	mu    sync.Mutex                 // serialises set
}

// page is a run of slots. A page without anything in it is dropped.
type page[T any] struct {
	slots [pageSize]atomic.Pointer[T]
	used  int // guarded by table.mu
}

// get returns what is at i, nil if nothing.
func (t *table[T]) get(i uint32) *T {
	pages := t.pages.Load()
	if pages == nil || int(i/pageSize) >= len(*pages) {
		return nil
	}
	p := (*pages)[i/pageSize]
	if p == nil {
		return nil
	}
	return p.slots[i%pageSize].Load()
}

// set puts v at i; nil empties it.
func (t *table[T]) set(i uint32, v *T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.page(int(i/pageSize), v != nil)
	if p == nil {
		return
	}
	if old := p.slots[i%pageSize].Swap(v); (old == nil) != (v == nil) {
		if v != nil {
			p.used++
		} else {
			p.used--
		}
	}
	if p.used == 0 {
		t.replace(int(i/pageSize), nil)
	}
}

// page returns page n, making it if it is missing and wanted. REQUIRES mu.
func (t *table[T]) page(n int, create bool) *page[T] {
	if pages := t.pages.Load(); pages != nil && n < len(*pages) && (*pages)[n] != nil {
		return (*pages)[n]
	}
	if !create {
		return nil
	}
	p := new(page[T])
	t.replace(n, p)
	return p
}

// replace publishes a directory with p as page n. REQUIRES mu.
func (t *table[T]) replace(n int, p *page[T]) {
	var old []*page[T]
	if pages := t.pages.Load(); pages != nil {
		old = *pages
	}
	pages := make([]*page[T], max(len(old), n+1))
	copy(pages, old)
	pages[n] = p
	t.pages.Store(&pages)
}

// each calls f with everything in the table, ascending, until it returns false. What is
// set meanwhile may or may not be seen.
func (t *table[T]) each(f func(i uint32, v *T) bool) {
	pages := t.pages.Load()
	if pages == nil {
		return
	}
	for n, p := range *pages {
		if p == nil {
			continue
		}
		for i := range p.slots {
			if v := p.slots[i].Load(); v != nil && !f(uint32(n*pageSize+i), v) {
				return
			}
		}
	}
}
