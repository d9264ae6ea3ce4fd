package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/internal/pgtest"
)

// Whether a user takes part in a conversation that somebody has claimed is looked
// up, however many others they take part in: a plan that does for all arguments
// would rather read those first.
func TestPlanOfClaimed(t *testing.T) {
	s := openIdle(t, pgtest.Database(t))
	for _, text := range []string{
		`INSERT INTO @conversations (id, account, inbox, family, identity, contact, channel, ours, theirs, status, claimed_by, last_seq, inbound_count, last_at, preview, version)
			SELECT i, 'acme', 'support', 'telephony', 'n' || i, i, 'sms', '', '', 'open', CASE WHEN i % 50 = 0 THEN 'alice' ELSE '' END, 0, 0, now() - i * interval '1 second', '', 1
			FROM generate_series(1, 20000) i`,
		`INSERT INTO @participants (account, name, status, last_at, conversation, claimed_by) SELECT account, 't:day', status, last_at, id, claimed_by FROM @conversations`,
		`INSERT INTO @participants (account, name, status, last_at, conversation, claimed_by) SELECT account, 't:night', status, last_at, id, claimed_by FROM @conversations`,
		`ANALYZE @conversations, @participants`,
	} {
		if _, err := s.pool.Exec(context.Background(), s.text(text)); err != nil {
			t.Fatal(err)
		}
	}
	plan := planFor(t, s, claimed, `'acme', 'infinity', 0, 50, '{alice}', '{sales}', '{t:day,t:night}', NULL`)
	if !strings.Contains(plan, "conversation = c.id") || strings.Contains(plan, "hashed") {
		t.Errorf("all participants are read:\n%s", plan)
	}
}
