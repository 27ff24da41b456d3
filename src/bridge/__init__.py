"""bridge puts what happened in a merchant's sales channels into the books, once, and checks that it stays so."""
