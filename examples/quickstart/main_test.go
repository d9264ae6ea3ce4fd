package main

func Example() {
	main()
	// Output:
	// customer: Where is my order?
	// Acme: Thanks for writing to Acme. We answer soon.
	// Acme: It left this morning.
}
