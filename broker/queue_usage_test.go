package broker

import "testing"

func TestUsage_CapacityIsTheTimeWithoutWaiting(t *testing.T) {
	u := usage{}
	u.note(1000, false)
	if c := u.capacity(1000); c != 1 {
		t.Errorf("at first %v, want 1", c)
	}
	u.note(2000, true)  // a second later messages wait,
	u.note(4000, false) // for two seconds
	if c := u.capacity(5000); c != 1 {
		t.Errorf("within the window %v, want the last one's", c)
	}
	if c := u.capacity(9000); c != 0.75 {
		t.Errorf("two of eight seconds of waiting give %v, want 0.75", c)
	}
	u.note(9000, true)
	if c := u.capacity(19000); c != 0 || u.active != 9000 {
		t.Errorf("a consumer that takes nothing gives %v, active at %d", c, u.active)
	}
	if c := u.capacity(18000); c != 0 {
		t.Errorf("a clock that went back gives %v", c)
	}
}
