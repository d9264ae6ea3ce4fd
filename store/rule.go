package store

// Rule says who is concerned by the messages of which something is so. Rules are a
// part of an inbox's Settings; the first that holds and names somebody decides.
type Rule struct {
	Name string `json:"name"` // shown with what it decided; unique within the inbox
	Off  bool   `json:"off,omitempty"`

	// When is an expression of package when, like says("refund") && country == "GB".
	// "" holds of every message.
	When string `json:"when,omitempty"`

	// Users and Teams are who is concerned, one at least. Available passes over users
	// who are away or offline; a rule that then names nobody does not decide.
	Users     []UserID `json:"users,omitempty"`
	Teams     []TeamID `json:"teams,omitempty"`
	Available bool     `json:"available,omitempty"`

	// Keep leaves those who take part already, whoever is named besides.
	Keep bool `json:"keep,omitempty"`
}
