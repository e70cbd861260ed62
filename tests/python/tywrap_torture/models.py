"""Models of pydantic's."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel, Field


class Address(BaseModel):
    street: str
    number: int = 1


class User(BaseModel):
    """Somebody."""

    name: str
    age: int = Field(ge=0)
    tags: list[str] = []
    address: Optional[Address] = None

    def greeting(self, word: str = "Hello") -> str:
        """What to say to them."""
        return f"{word} {self.name}"


def user(name: str, age: int) -> User:
    """A model that was made in Python."""
    return User(name=name, age=age)


def dump(user: User) -> dict[str, object]:
    return user.model_dump()
