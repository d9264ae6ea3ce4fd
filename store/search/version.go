package search

// Version is that of the tokens that [Tokens] makes of a text. It grows when a
// text gets others, so that an index of older ones is known to be made anew.
const Version = 1
