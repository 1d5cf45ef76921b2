package policy

import (
	"math"
	"slices"
	"strings"
	"testing"

	"amqpd/amqp"
)

const testQueue = "queue 'q1' in vhost '/'"

// samples holds one value of every wire type.
var samples = []amqp.Value{
	amqp.Bool(true), amqp.Byte(1), amqp.UnsignedByte(1), amqp.Short(1), amqp.UnsignedShort(1),
	amqp.Int32(1), amqp.Uint32(1), amqp.Long(1), amqp.Float(1.5), amqp.Double(1.5), amqp.Decimal(1, 15),
	amqp.LongStr("zzz"), amqp.Binary([]byte("zzz")), amqp.Timestamp(1), amqp.Void(),
	amqp.TableOf(amqp.Table{{Key: "a", Value: amqp.Long(1)}}), amqp.ArrayOf(amqp.Long(1)),
}

func isInteger(v amqp.Value) bool { _, ok := v.Int(); return ok }

// fits reports whether a value has a type that the form takes.
func (f Form) fits(v amqp.Value) bool {
	switch f {
	case FormInteger:
		return isInteger(v)
	case FormText, FormWord, FormAge:
		return v.Kind() == amqp.KindLongStr
	case FormFlag:
		return v.Kind() == amqp.KindBool
	case FormCount:
		return isInteger(v) || v.Kind() == amqp.KindLongStr
	case FormOffset:
		return isInteger(v) || v.Kind() == amqp.KindLongStr || v.Kind() == amqp.KindTimestamp
	}
	return true
}

func TestTableIsComplete(t *testing.T) {
	names, keys := map[string]bool{}, map[string]bool{}
	for i := range Table {
		row := &Table[i]
		name := row.Argument + "/" + row.Key
		if row.Doc == "" || !strings.HasSuffix(row.Doc, ".") {
			t.Errorf("%s: Doc is %q, want a sentence", name, row.Doc)
		}
		if row.Argument == "" && row.Key == "" || names[row.Argument] || keys[row.Key] {
			t.Errorf("%s: no name, or one that another row has", name)
		}
		names[row.Argument], keys[row.Key] = row.Argument != "", row.Key != ""
		if (row.Argument == "") != (row.On == OnPolicy) || (row.Argument == "") != (row.Arg.Form == FormNone) {
			t.Errorf("%s: argument, scope and check disagree", name)
		}
		if (row.Key == "") != (row.Policy.Form == FormNone) {
			t.Errorf("%s: key and check disagree", name)
		}
		if row.Key != "" && row.Key != "ha-params" && !strings.Contains(row.Invalid, "{v}") {
			t.Errorf("%s: no text for a bad policy value", name)
		}
		if row.Key != "" && row.Set == nil {
			t.Errorf("%s: a policy key without setting", name)
		}
		for k, use := range row.Kinds {
			if use.Policy > Ignored && row.Key == "" || use.Position > 0 && row.Argument == "" {
				t.Errorf("%s: %s uses what the row does not have", name, Kind(k))
			}
		}
	}
}

// TestEquivalenceLists spells out the lists of amqp-behaviour §4.4.
func TestEquivalenceLists(t *testing.T) {
	want := [kinds]string{
		Classic: "x-expires x-message-ttl x-dead-letter-exchange x-dead-letter-routing-key x-max-length " +
			"x-max-length-bytes x-max-priority x-overflow x-queue-mode x-queue-version " +
			"x-single-active-consumer x-queue-type x-queue-master-locator x-ha-min-in-sync",
		Quorum: "x-dead-letter-exchange x-dead-letter-routing-key x-dead-letter-strategy x-expires " +
			"x-max-length x-max-length-bytes x-max-in-memory-length x-max-in-memory-bytes x-overflow " +
			"x-single-active-consumer x-queue-type x-quorum-initial-group-size x-delivery-limit " +
			"x-message-ttl x-queue-leader-locator",
		Stream: "x-max-length-bytes x-queue-type x-max-age x-stream-max-segment-size-bytes " +
			"x-initial-cluster-size x-queue-leader-locator",
	}
	for k := range kinds {
		var names []string
		for i, row := range index.equivalence[k] {
			names = append(names, row.Argument)
			if row.Kinds[k].Position != i+1 {
				t.Errorf("%s: %s stands at %d, its row says %d", Kind(k), row.Argument, i+1, row.Kinds[k].Position)
			}
		}
		if got := strings.Join(names, " "); got != want[k] {
			t.Errorf("%s:\n got %s\nwant %s", Kind(k), got, want[k])
		}
	}
}

// TestUnsupportedKeys spells out the lists of amqp-behaviour §9.1, as far as
// the keys can be set at all.
func TestUnsupportedKeys(t *testing.T) {
	want := [kinds]string{
		Classic: "dead-letter-strategy delivery-limit initial-cluster-size max-age queue-leader-locator " +
			"stream-max-segment-size-bytes",
		Quorum: "ha-min-in-sync ha-mode ha-params ha-promote-on-failure ha-promote-on-shutdown ha-sync-mode " +
			"initial-cluster-size max-age queue-master-locator queue-mode stream-max-segment-size-bytes",
		Stream: "dead-letter-exchange dead-letter-routing-key dead-letter-strategy delivery-limit expires " +
			"ha-min-in-sync ha-mode ha-params ha-promote-on-failure ha-promote-on-shutdown ha-sync-mode " +
			"max-in-memory-bytes max-in-memory-length max-length message-ttl overflow queue-master-locator queue-mode",
	}
	for k := range kinds {
		var keys []string
		for _, row := range Table {
			if row.Key != "" && row.Kinds[k].Policy == Refused {
				keys = append(keys, row.Key)
			}
		}
		slices.Sort(keys)
		if got := strings.Join(keys, " "); got != want[k] {
			t.Errorf("%s:\n got %s\nwant %s", Kind(k), got, want[k])
		}
	}
}

// TestOperatorKeys spells out amqp-behaviour §9.2.
func TestOperatorKeys(t *testing.T) {
	var keys []string
	for _, row := range Table {
		if row.Operator != Refused {
			keys = append(keys, row.Key)
		}
	}
	slices.Sort(keys)
	want := "delivery-limit expires ha-min-in-sync max-in-memory-bytes max-in-memory-length max-length " +
		"max-length-bytes message-ttl"
	if got := strings.Join(keys, " "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// checkFor runs the check of the row's own scope.
func checkFor(row *Row, k Kind, args amqp.Table) *ArgumentError {
	switch row.On {
	case OnConsumer:
		return CheckConsumerArguments(k, args)
	case OnExchange:
		return CheckExchangeArguments(args)
	default:
		return CheckArguments(k, args)
	}
}

// withNeeds gives the row's argument v, and the argument that it needs.
func withNeeds(row *Row, v amqp.Value) amqp.Table {
	args := amqp.Table{{Key: row.Argument, Value: v}}
	if row.Arg.Needs != "" {
		args = append(args, amqp.Field{Key: row.Arg.Needs, Value: amqp.LongStr("")})
	}
	return args
}

func TestEveryArgumentRefusesEveryWrongType(t *testing.T) {
	for i := range Table {
		row := &Table[i]
		if row.Argument == "" || row.Arg.Form == FormAny || row.Arg.Form == FormCredit {
			continue
		}
		for k := range kinds {
			if row.Kinds[k].Position == 0 && row.On != OnExchange {
				continue
			}
			for _, v := range samples {
				bad := checkFor(row, Kind(k), withNeeds(row, v))
				if !row.Arg.Form.fits(v) && bad == nil {
					t.Errorf("%s queue, %s: type %s passes", Kind(k), row.Argument, v.TypeName())
				}
				if bad != nil && bad.Arg != row.Argument {
					t.Errorf("%s: fault names %s", row.Argument, bad.Arg)
				}
			}
		}
	}
}

func TestEveryRangeAtBothEnds(t *testing.T) {
	for i := range Table {
		row := &Table[i]
		c := row.Arg
		if c.Form != FormInteger && c.Form != FormCount {
			continue
		}
		for k := range kinds {
			if row.Kinds[k].Position == 0 {
				continue
			}
			good := []int64{c.Min, c.Max}
			var bad []int64
			if c.Min > math.MinInt64 {
				bad = append(bad, c.Min-1)
			}
			if c.Max < math.MaxInt64 {
				bad = append(bad, c.Max+1)
			}
			for _, n := range good {
				if fault := checkFor(row, Kind(k), withNeeds(row, amqp.Long(n))); fault != nil {
					t.Errorf("%s queue, %s = %d: %v", Kind(k), row.Argument, n, fault)
				}
			}
			for _, n := range bad {
				if checkFor(row, Kind(k), withNeeds(row, amqp.Long(n))) == nil {
					t.Errorf("%s queue, %s = %d passes", Kind(k), row.Argument, n)
				}
			}
		}
	}
}

func TestEveryWordAndNoOther(t *testing.T) {
	for i := range Table {
		row := &Table[i]
		for k := range kinds {
			if len(row.Arg.Words) == 0 || row.Kinds[k].Position == 0 {
				continue
			}
			for _, word := range row.Arg.Words {
				if bad := checkFor(row, Kind(k), withNeeds(row, amqp.LongStr(word))); bad != nil {
					t.Errorf("%s = %s: %v", row.Argument, word, bad)
				}
			}
			for _, word := range []string{"", "zzz", strings.ToUpper(row.Arg.Words[0])} {
				if checkFor(row, Kind(k), withNeeds(row, amqp.LongStr(word))) == nil {
					t.Errorf("%s = %q passes", row.Argument, word)
				}
			}
		}
	}
}

func TestEveryForeignArgument(t *testing.T) {
	for i := range Table {
		row := &Table[i]
		if row.On != OnQueue && row.On != OnConsumer {
			continue
		}
		for k := range kinds {
			if row.Kinds[k].Position > 0 {
				continue
			}
			args := amqp.Table{{Key: row.Argument, Value: amqp.LongStr("x")}}
			bad := checkFor(row, Kind(k), args)
			want := "invalid arg '" + row.Argument + "' for " + testQueue + " of queue type rabbit_" + Kind(k).String() + "_queue"
			if bad == nil || bad.Text(testQueue) != want || bad.Code != 406 {
				t.Errorf("%s on a %s queue: %v, want %s", row.Argument, Kind(k), bad, want)
			}
		}
	}
}

// TestEveryPolicyValue checks that each key takes what its check says and
// answers all else with its own text.
func TestEveryPolicyValue(t *testing.T) {
	values := []any{int64(-1), int64(0), int64(1), int64(2), int64(math.MaxInt64), 1.5, true, nil, "zzz", "1s", "0s", "",
		[]any{}, []any{"a"}, map[string]any{"a": int64(1)}}
	for i := range Table {
		row := &Table[i]
		if row.Key == "" || row.Key == "ha-params" {
			continue
		}
		for _, word := range row.Policy.Words {
			values = append(values, word)
		}
		for _, v := range values {
			d := Definition{row.Key: v}
			if row.Group == GroupMirror && row.Key != "ha-mode" {
				d["ha-mode"] = "all"
			}
			if row.Key == "ha-mode" && v != "all" && row.Policy.accepts(v) {
				continue // needs ha-params
			}
			err := ValidatePolicy(Policy{Pattern: ".*", Definition: d}, false)
			if row.Policy.accepts(v) {
				if err != nil {
					t.Errorf("%s = %s: %v", row.Key, term(v), err)
				}
				continue
			}
			want := strings.ReplaceAll(row.Invalid, "{v}", term(v))
			if err == nil || err.Error() != want {
				t.Errorf("%s = %s: %v, want %s", row.Key, term(v), err, want)
			}
		}
	}
}
