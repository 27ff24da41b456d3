"""The books of the room beside: what a person sees of them."""

from tests.books.conftest import book as book
from tests.books.conftest import make_book as make_book
from tests.books.conftest import make_shop as make_shop
from tests.books.conftest import shop as shop
