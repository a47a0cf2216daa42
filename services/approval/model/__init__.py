"""The four kinds of stream of the approval room."""

from services.approval.model.erasure import PERSON
from services.approval.model.production import PRODUCTION
from services.approval.model.request import REQUEST
from services.approval.model.screening import SCREENING

DECIDERS = (PRODUCTION, REQUEST, SCREENING, PERSON)
