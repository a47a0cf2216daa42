"""The one kind of stream of the contract room."""

from services.contract.model.deal import CONTRACT

DECIDERS = (CONTRACT,)
