package routing

import (
	"context"
	"slices"

	"golang.org/x/text/language"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/when"
)

// ToTeams returns a router that concerns these teams alone.
func ToTeams(teams ...store.TeamID) Router {
	teams = slices.Clone(teams)
	return RouterFunc(func(context.Context, Request) (Decision, error) {
		return Decision{Teams: slices.Clone(teams), Reason: "goes to fixed teams"}, nil
	})
}

// Candidates returns a router that concerns the licensed members of the inbox's team
// one by one, and not the team: those who join it later are not concerned.
func Candidates() Router {
	return RouterFunc(func(_ context.Context, r Request) (Decision, error) {
		d := Decision{Reason: "goes to the members of the inbox's team"}
		for _, u := range r.Candidates {
			d.Users = append(d.Users, u.ID)
		}
		return d, nil
	})
}

// Members returns a router that concerns the licensed members of teams one by one,
// each once, in the order of the teams and of their members.
func Members(teams ...store.TeamID) Router {
	teams = slices.Clone(teams)
	return RouterFunc(func(_ context.Context, r Request) (Decision, error) {
		d := Decision{Reason: "goes to the members of fixed teams"}
		for _, id := range teams {
			if r.Directory == nil {
				break
			}
			team, _ := r.Directory.Team(id)
			for _, member := range team.Members {
				if u, known := r.User(member); known && u.Licensed && !slices.Contains(d.Users, member) {
					d.Users = append(d.Users, member)
				}
			}
		}
		return d, nil
	})
}

// Available passes over those whom a router names that are away or offline. If it
// names teams they stay, whoever of them is there. If nobody is left, it names
// nobody: [First] has the place for what happens then, as in
//
//	routing.First(routing.Available(routing.To("alice")), routing.Team())
func Available(router Router) Router {
	return composed(func(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
		d, err := consider(ctx, router, r, f)
		return d.kept(r, available), err
	})
}

// available objects to a user who is not there.
func available(u store.User) string {
	if u.Availability == store.Available {
		return ""
	}
	return "is " + string(u.Availability)
}

// Speaking passes over those whom a router names that don't speak the contact's
// language, or none that its speakers understand as well: a customer who writes
// Swiss German goes to whoever speaks German. Of a contact of whom no language is
// known, the inbox's counts; if there is none either, nobody is passed over. If
// nobody is left, it names nobody, as [Available].
func Speaking(router Router) Router {
	return composed(func(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
		d, err := consider(ctx, router, r, f)
		wanted := r.Contact.Language
		if wanted == "" {
			wanted = r.Inbox.Settings.Language
		}
		tag, parseErr := language.Parse(wanted)
		if wanted == "" || parseErr != nil {
			return d, err
		}
		return d.kept(r, func(u store.User) string {
			if speaks(u, tag) {
				return ""
			}
			return "does not speak " + wanted
		}), err
	})
}

func speaks(u store.User, wanted language.Tag) bool {
	for _, l := range u.Languages {
		tag, err := language.Parse(l)
		if err != nil {
			continue
		}
		if _, _, confidence := language.NewMatcher([]language.Tag{tag}).Match(wanted); confidence >= language.High {
			return true
		}
	}
	return false
}
