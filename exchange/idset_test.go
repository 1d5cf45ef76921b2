package exchange

import (
	"testing"

	"pgregory.net/rapid"
)

func TestIDSetAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set idset
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			model := map[uint32]bool{}
			for range rapid.IntRange(0, 200).Draw(t, "adds") {
				id := rapid.Uint32Range(0, 300).Draw(t, "id")
				if rapid.Bool().Draw(t, "push") && !model[id] {
					set.push(id)
				} else if added := set.add(id); added == model[id] {
					t.Fatalf("add(%d) = %v, but membership was %v", id, added, model[id])
				}
				model[id] = true
			}
			if len(set.list) != len(model) {
				t.Fatalf("%d ids listed, want %d", len(set.list), len(model))
			}
			for _, id := range set.list {
				if !model[id] {
					t.Fatalf("id %d was never added", id)
				}
			}
			set.reset()
			for i, word := range set.bits {
				if word != 0 {
					t.Fatalf("word %d keeps bits %x after reset", i, word)
				}
			}
		}
	})
}
