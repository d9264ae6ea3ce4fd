package respondertest

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/responder"
)

func replyOneForm(e *env) error {
	return e.Each(func(_ responder.Turn, r responder.Reply) error {
		if r.Template != nil && (r.Text != "" || len(r.Media) > 0) {
			return errors.New("the reply has a template and a text or media besides")
		}
		return nil
	})
}

func replyText(e *env) error {
	return e.Each(func(_ responder.Turn, r responder.Reply) error {
		switch {
		case !utf8.ValidString(r.Text):
			return errors.New("the reply's text is not UTF-8")
		case r.Text != "" && strings.TrimSpace(r.Text) == "":
			return errors.New("the reply's text is white space alone")
		}
		return nil
	})
}

func replyMedia(e *env) error {
	return e.Each(func(_ responder.Turn, r responder.Reply) error {
		for i, m := range r.Media {
			if m.URL == "" {
				return fmt.Errorf("attachment %d of the reply has no URL", i)
			}
		}
		return nil
	})
}

func replyTemplate(e *env) error {
	return e.Each(func(_ responder.Turn, r responder.Reply) error {
		if r.Template != nil && r.Template.ID == "" {
			return errors.New("the reply's template has no id")
		}
		return nil
	})
}

func replyPurpose(e *env) error {
	return e.Each(func(_ responder.Turn, r responder.Reply) error {
		switch r.Purpose {
		case "", compliance.Conversational, compliance.Transactional, compliance.Marketing:
			return nil
		case compliance.Compliance:
			return errors.New("the reply's purpose is compliance")
		default:
			return fmt.Errorf("the reply's purpose is %q, which package compliance does not know", r.Purpose)
		}
	})
}
