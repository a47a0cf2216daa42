"""The two kinds of stream of the approval room."""

from services.approval.model.production import PRODUCTION
from services.approval.model.request import REQUEST

DECIDERS = (PRODUCTION, REQUEST)
