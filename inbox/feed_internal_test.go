package inbox

import (
	"testing"
	"time"
)

func TestFeedsAreForgottenWhenNobodyListens(t *testing.T) {
	var s feeds
	s.init(time.Now, time.Second, nil)
	one, two := s.join("acme"), s.join("acme")
	if one != two || s.join("globex") == one {
		t.Fatal("each account has one feed")
	}
	s.leave("acme", one)
	if len(s.of) != 2 {
		t.Errorf("there are %d feeds while somebody listens to each of two accounts", len(s.of))
	}
	s.leave("acme", two)
	s.leave("globex", s.of["globex"])
	if len(s.of) != 0 {
		t.Errorf("there are %d feeds when nobody listens", len(s.of))
	}
}
