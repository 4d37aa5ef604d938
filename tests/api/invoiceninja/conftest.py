import pytest


@pytest.fixture
def create(north, ninja):
    """Creates a client of North's through this dialect and returns it as answered."""

    def create(**sent):
        response = ninja(north).post("/api/v1/clients", sent)
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return create


@pytest.fixture
def refuse(north, ninja):
    """Sends a client that must be refused and returns the errors."""

    def refuse(**sent):
        response = ninja(north).post("/api/v1/clients", sent)
        assert response.status_code == 422, response.content
        assert response.json()["message"] == "The given data was invalid."
        return response.json()["errors"]

    return refuse
