package policy

import (
	"cmp"
	"slices"

	"amqpd/amqp"
)

// tableIndex finds rows of Table.
type tableIndex struct {
	byArgument map[string]*Row
	byKey      map[string]*Row
	// equivalence lists a kind's queue arguments by position.
	equivalence [kinds][]*Row
	// settings lists the rows that can change a kind's settings.
	settings [kinds][]*Row
}

var index = newIndex(Table)

func newIndex(table []Row) *tableIndex {
	x := &tableIndex{byArgument: map[string]*Row{}, byKey: map[string]*Row{}}
	for i := range table {
		row := &table[i]
		if row.Argument != "" {
			x.byArgument[row.Argument] = row
		}
		if row.Key != "" {
			x.byKey[row.Key] = row
		}
		for k, use := range row.Kinds {
			if row.On == OnQueue && use.Position > 0 {
				x.equivalence[k] = append(x.equivalence[k], row)
			}
			if row.Set != nil && (use.Position > 0 || use.Policy > Ignored) {
				x.settings[k] = append(x.settings[k], row)
			}
		}
	}
	for k := range x.equivalence {
		slices.SortFunc(x.equivalence[k], func(a, b *Row) int {
			return cmp.Compare(a.Kinds[k].Position, b.Kinds[k].Position)
		})
	}
	return x
}

// KindOf returns the kind of queue that args ask for with x-queue-type,
// Classic if they do not. The error is an *ArgumentError. A declaration has
// other faults that RabbitMQ reports before this one, so on error call
// CheckArguments with the kind returned, which is Classic, and report what
// that says (amqp-behaviour §4.1).
func KindOf(args amqp.Table) (Kind, error) {
	row := index.byArgument["x-queue-type"]
	if bad := row.check(args); bad != nil {
		return Classic, bad
	}
	name, _ := args.Get(row.Argument)
	word, _ := name.Str()
	kind, _ := ParseKind(word)
	return kind, nil
}

// CheckArguments checks the arguments of a declaration that makes a new queue
// of kind k, in RabbitMQ's order, and returns the first fault or nil
// (amqp-behaviour §4.1, §4.4). Unknown arguments pass.
func CheckArguments(k Kind, args amqp.Table) *ArgumentError {
	if len(args) == 0 {
		return nil
	}
	for _, stage := range []Stage{StageResource, StageKind, StageValue} {
		if bad := checkStage(OnQueue, stage, k, args); bad != nil {
			return bad
		}
	}
	if bad := checkForeign(OnQueue, k, args); bad != nil {
		return bad
	}
	return checkStage(OnQueue, StageCreate, k, args)
}

// CheckDeadLetterExchange is the first part of CheckArguments: the checks that
// come before the permissions on the dead letter exchange, which in turn come
// before the other checks (amqp-behaviour §4.1).
func CheckDeadLetterExchange(args amqp.Table) *ArgumentError {
	return checkStage(OnQueue, StageResource, Classic, args)
}

// CheckConsumerArguments checks the arguments of a consumer of a queue of kind
// k and returns the first fault or nil (amqp-behaviour §5.4, §7). Unknown
// arguments pass.
func CheckConsumerArguments(k Kind, args amqp.Table) *ArgumentError {
	if len(args) == 0 {
		return nil
	}
	if bad := checkStage(OnConsumer, StageValue, k, args); bad != nil {
		return bad
	}
	if bad := checkForeign(OnConsumer, k, args); bad != nil {
		return bad
	}
	return checkStage(OnConsumer, StageCreate, k, args)
}

// CheckExchangeArguments checks those arguments of a new exchange that every
// type of exchange has, and returns the first fault or nil
// (amqp-behaviour §3.2).
func CheckExchangeArguments(args amqp.Table) *ArgumentError {
	return checkStage(OnExchange, StageResource, Classic, args)
}

// checkStage checks the arguments of one stage. What names another exchange is
// checked whether or not the kind takes it. Of an argument that is checked
// while the queue is being created, the ordinary faults show with those of the
// other values.
func checkStage(on Scope, stage Stage, k Kind, args amqp.Table) *ArgumentError {
	for i := range Table {
		row := &Table[i]
		early := stage == StageValue && row.Arg.Stage == StageCreate
		if row.On != on || row.Argument == "" || row.Arg.Stage != stage && !early {
			continue
		}
		if row.Kinds[k].Position == 0 && stage != StageResource {
			continue
		}
		bad := row.check(args)
		if bad != nil && !(early && bad.late()) {
			return bad
		}
	}
	return nil
}

// late reports whether the fault shows only when the queue is being created.
func (e *ArgumentError) late() bool { return e.Whole != "" || e.Code == amqp.CodeInternalError }

// checkForeign refuses arguments that only other kinds take, in the order in
// which the client sent them.
func checkForeign(on Scope, k Kind, args amqp.Table) *ArgumentError {
	for _, field := range args {
		row := index.byArgument[field.Key]
		if row != nil && row.On == on && row.Kinds[k].Position == 0 {
			return &ArgumentError{
				Arg: field.Key, Code: amqp.CodePreconditionFailed,
				Whole: "invalid arg '{arg}' for {res} of queue type " + k.ModuleName(),
			}
		}
	}
	return nil
}

// check checks the row's argument, if args have it.
func (r *Row) check(args amqp.Table) *ArgumentError {
	v, found := args.Get(r.Argument)
	if !found {
		return nil
	}
	f := r.Arg.check(v.TypeName(), plain(v))
	if f.text == "" && r.Arg.Needs != "" {
		if _, there := args.Get(r.Arg.Needs); !there {
			f.text = r.Arg.Lacking
		}
	}
	if f.text == "" {
		return nil
	}
	bad := &ArgumentError{Arg: r.Argument, Code: amqp.CodePreconditionFailed}
	if f.crash {
		bad.Code = amqp.CodeInternalError
	}
	if f.whole {
		bad.Whole = f.text
	} else {
		bad.Tail = f.text
	}
	return bad
}
