package exchange

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestWeightedAgainstList compares the line with a list in which every slot
// stands as often as it weighs.
func TestWeightedAgainstList(t *testing.T) {
	type slot struct {
		b      *bound
		weight uint64
	}
	rapid.Check(t, func(t *rapid.T) {
		var line weighted
		var model []slot
		for range rapid.IntRange(0, 120).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 5).Draw(t, "what"); {
			case what < 3:
				s := slot{&bound{}, rapid.Uint64Range(0, 4).Draw(t, "weight")}
				line.push(s.b, s.weight)
				model = append(model, s)
			case len(model) == 0:
			case what == 3:
				at := rapid.IntRange(0, len(model)-1).Draw(t, "at")
				weight := rapid.Uint64Range(0, 4).Draw(t, "new weight")
				line.reweigh(model[at].b, model[at].weight, weight)
				model[at].weight = weight
			default:
				at := rapid.IntRange(0, len(model)-1).Draw(t, "at")
				line.remove(model[at].b, model[at].weight)
				model = slices.Delete(model, at, at+1)
			}
			if err := line.verify(len(model)); err != nil {
				t.Fatal(err)
			}
			bucket := uint64(0)
			for i, s := range model {
				if got := line.weightOf(s.b); got != s.weight {
					t.Fatalf("slot %d weighs %d, want %d", i, got, s.weight)
				}
				for range s.weight {
					if line.find(bucket) != s.b {
						t.Fatalf("bucket %d is not in slot %d", bucket, i)
					}
					bucket++
				}
			}
			if bucket != line.total {
				t.Fatalf("%d buckets, want %d", line.total, bucket)
			}
		}
	})
}
