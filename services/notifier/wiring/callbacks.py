"""Callbacks to stations: made by a listener, carried by a loop, asked about over HTTP."""

from fastapi import APIRouter

from services.notifier.adapters.callbacks.desk import PostgresLedger, PostgresRegistry
from services.notifier.adapters.callbacks.feed import PostgresFeed
from services.notifier.adapters.callbacks.line import PostgresLine
from services.notifier.adapters.callbacks.listening import CallbackListener
from services.notifier.api.callbacks import feed, log, subscription
from services.notifier.api.callbacks.desk import Desk
from services.notifier.callbacks.carrying import Carrier
from services.notifier.callbacks.keeping import CallbackKeeper
from services.notifier.payloads.callbacks.answers import MODELS
from services.notifier.wiring.extension import Extension
from services.notifier.wiring.foundation import Base
from services.runtime.outgoing.guard import Guard
from services.runtime.outgoing.post import Post

AGENT = "d115-notifier"


def extend(base: Base) -> Extension:
    """Make them."""
    settings = base.settings
    guard = Guard(settings.outgoing_allow)
    line = PostgresLine(base.database)
    carrier = Carrier(
        line=line,
        post=Post(guard=guard, clock=base.clock, agent=AGENT),
        vault=settings.contact_keys,
        clock=base.clock,
    )
    keeper = CallbackKeeper(line=line, clock=base.clock)
    desk = Desk(
        registry=PostgresRegistry(base.database, base.clock),
        ledger=PostgresLedger(base.database),
        feed=PostgresFeed(base.database),
        guard=guard,
        atlas=base.atlas,
        clock=base.clock,
        caller=base.caller,
        vault=settings.contact_keys,
        wake=carrier.wake,
    )
    return Extension(
        routers=[_routes(desk)],
        models=MODELS,
        paths=["/v1/callbacks"],
        tasks={"callbacks": carrier.run, "callback-keeper": keeper.run},
        listeners=[CallbackListener(base.clock)],
        told=[carrier.wake],
    )


def _routes(desk: Desk) -> APIRouter:
    routes = APIRouter(tags=["callbacks"])
    for part in (subscription, log, feed):
        routes.include_router(part.router(desk))
    return routes
