"""Every promise that a small change could break unseen, and the tests that must see it."""

from dataclasses import dataclass

APPEND = "runtime/schema/log/0002.append.sql"
COMMITTER = "runtime/log/committer.py"
CONSUMER = "runtime/reading/consumer.py"
HANDLING = "runtime/handling.py"
PLACE = "runtime/reading/place.py"
RELAY = "runtime/kafka/relay.py"
LEASE = "runtime/kafka/lease.py"
PROVING = "runtime/kafka/proving.py"


@dataclass(frozen=True)
class Edit:
    """One text of one file, which stands there exactly once, replaced by another."""

    file: str
    old: str
    new: str


IMPATIENT = Edit(
    "tests/carrying/world.py",
    "LIVELINESS_SECONDS_MAX = 30.0\n",
    "LIVELINESS_SECONDS_MAX = 12.0\n",
)
"""Beside a patch with which something never comes: its test need not wait for it as long."""


@dataclass(frozen=True)
class Patch:
    """A change that breaks a promise; one of `tests` must fail with it."""

    name: str
    promise: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


BY_THE_SIMULATION = ("tests/simulation/test_simulation.py::test_no_seed_breaks_a_promise",)

PATCHES = (
    Patch(
        "no lock",
        "appends to a log take turns",
        (
            Edit(
                APPEND,
                "    PERFORM pg_advisory_xact_lock(hashtextextended('reel.append.' || _log, 0));\n",
                "",
            ),
        ),
        ("tests/sabotage/test_append.py::test_an_append_waits_for_the_one_that_is_under_way",),
    ),
    Patch(
        "acknowledged before the commit",
        "nobody hears of a command before it is durable",
        (
            Edit(
                COMMITTER,
                '            point("before-append")\n',
                '            point("before-append")\n'
                "            self._answer(batch, [Answer(Outcome.RECORDED, 1, 0, one.expected + 1, "
                '0, 0, [b""], "") for one, _ in batch])\n',
            ),
        ),
        (
            "tests/store/test_committer.py"
            "::test_nobody_hears_anything_before_the_append_has_returned",
        ),
    ),
    Patch(
        "positions from a sequence",
        "positions have no gap, whatever is rolled back",
        (
            Edit(
                APPEND,
                "                _position := _position + 1;\n",
                "                _position := nextval('next_position');\n",
            ),
            Edit(
                "runtime/schema/log/0001.the-log.sql",
                "CREATE TABLE head (\n",
                "CREATE SEQUENCE next_position;\nCREATE TABLE head (\n",
            ),
        ),
        ("tests/sabotage/test_append.py::test_an_append_that_is_rolled_back_leaves_no_gap_behind",),
    ),
    Patch(
        "repeats looked up after deciding",
        "no rule of today judges a command that was answered before",
        (Edit(HANDLING, "        if found is not None:\n", "        if False:\n"),),
        (
            "tests/sabotage/test_repeat_before_decide.py"
            "::test_a_repeat_is_answered_without_deciding_again",
        ),
    ),
    Patch(
        "no repeat check under the lock",
        "one command asked twice at once is recorded once",
        (
            Edit(
                APPEND,
                "        IF _one.repeated IS NOT NULL THEN\n",
                "        IF false THEN\n",
            ),
        ),
        (
            "tests/store/test_answers.py::test_a_recorded_command_that_comes_again_records_nothing",
            "tests/store/test_connections.py::test_the_same_command_at_two_replicas_is_recorded_once",
        ),
    ),
    Patch(
        "outcomes without events not kept",
        "what recorded nothing records nothing when it comes again",
        (Edit(APPEND, "    IF _kept THEN\n", "    IF false THEN\n"),),
        (
            "tests/store/test_answers.py"
            "::test_an_outcome_without_facts_is_kept_and_answered_again_after_the_state_changed",
        ),
    ),
    Patch(
        "fingerprints not compared",
        "a key that comes with another body is refused",
        (
            Edit(
                HANDLING,
                "        if found.fingerprint != fingerprint:\n",
                "        if False:\n",
            ),
        ),
        (
            "tests/http/test_commands.py"
            "::test_the_same_key_with_another_body_is_refused_and_records_nothing",
        ),
    ),
    Patch(
        "hash skips the actor",
        "the chain seals every field, who did it too",
        (Edit(APPEND, "                    convert_to(_actor[_one.n], 'UTF8'),\n", ""),),
        ("tests/store/test_hash.py::test_known_facts_have_the_hashes_that_are_written_down_here",),
    ),
    Patch(
        "cause and effect by the clock alone",
        "a cause is recorded before its effect, whatever the clocks say",
        (Edit(APPEND, "            _time := greatest(_time, _one.caused_at);\n", ""),),
        (
            "tests/store/test_time.py"
            "::test_an_effect_is_recorded_behind_its_cause_though_that_lies_in_the_future",
        ),
    ),
    Patch(
        "refusal without the committer",
        "no replica refuses by a state that has passed",
        (
            Edit(
                HANDLING,
                "                append = append_of(\n",
                "                if refusal: return Handled(refusal=refusal)\n"
                "                append = append_of(\n",
            ),
        ),
        ("tests/http/test_replicas.py::test_a_rejection_from_a_stale_state_is_not_given",),
    ),
    Patch(
        "two commands of a stream in one batch",
        "a batch holds one command of a stream at most",
        (
            Edit(
                COMMITTER,
                "            if append.stream in taken or append.command_id in taken:\n",
                "            if append.command_id in taken:\n",
            ),
        ),
        (
            "tests/store/test_committer.py"
            "::test_one_batch_holds_one_command_of_a_stream_and_their_order_is_kept",
        ),
    ),
    Patch(
        "facts may be changed",
        "what is recorded stays as it is, for the owner of the tables too",
        (
            Edit(
                "runtime/schema/log/0001.the-log.sql",
                "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event\n",
                "CREATE TRIGGER append_only BEFORE TRUNCATE ON event\n",
            ),
        ),
        ("tests/store/test_privileges.py::test_not_even_the_owner_changes_what_was_recorded",),
    ),
    Patch(
        "larger than Kafka takes",
        "no event is recorded that could not travel",
        (
            Edit(
                "runtime/log/contract.py",
                "EVENT_BYTES_MAX = 512 * 1024\n",
                "EVENT_BYTES_MAX = 5120 * 1024\n",
            ),
        ),
        ("tests/store/test_limits.py::test_what_is_too_large_is_refused_before_anything_is_sent",),
    ),
    Patch(
        "cursor over unconfirmed records",
        "the relay's cursor moves over what Kafka confirmed without a gap",
        (
            Edit(
                RELAY,
                "takewhile(offsets.__contains__, range(len(page)))",
                "range(len(page)) if n in offsets",
            ),
        ),
        (
            "tests/carrying/test_relay.py"
            "::test_the_cursor_moves_only_over_what_was_confirmed_without_a_gap",
        ),
    ),
    Patch(
        "no read-back",
        "the relay finds out what the broker lost, and sends it again",
        (
            Edit(
                PROVING,
                "await topic.tails(await _lost(topic, cursor), LOOKED_BACK_RECORDS)",
                "{}",
            ),
            IMPATIENT,
        ),
        (
            "tests/carrying/test_broker_losses.py"
            "::test_a_topic_that_was_emptied_is_filled_again_from_the_first_fact",
        ),
    ),
    Patch(
        "cursor of a stale owner",
        "a relay that lost its lease moves no cursor",
        (
            Edit(
                LEASE,
                "leased_till = clock_timestamp() + make_interval(secs => $7)\n"
                "                WHERE owner = $1",
                "leased_till = clock_timestamp() + make_interval(secs => $7)\n"
                "                WHERE $1::uuid IS NOT NULL",
            ),
        ),
        ("tests/carrying/test_lease.py::test_a_stale_owner_moves_no_cursor",),
    ),
    Patch(
        "place in its own transaction",
        "rows and place move together or not at all",
        (
            Edit(
                CONSUMER,
                '            point("inside-fold")\n'
                "            await self._places.move(connection, place, to)\n",
                "            await self._places.move(self._pool, place, to)\n",
            ),
        ),
        ("tests/carrying/test_consumer.py::test_rows_and_place_move_together_or_not_at_all",),
    ),
    Patch(
        "place moved without comparing",
        "a worker that was overtaken writes nothing",
        (
            Edit(
                PLACE,
                "            WHERE log = $1 AND partition = $2 AND position = $3 AND hash = $4\n"
                "              AND incarnation = $8::uuid AND stopped IS NULL",
                "            WHERE log = $1 AND partition = $2 AND ($3::bigint IS NOT NULL\n"
                "              OR hash = $4 OR incarnation = $8::uuid)",
            ),
        ),
        (
            "tests/carrying/test_zombies.py"
            "::test_a_worker_frozen_between_reading_and_writing_is_refused_when_it_wakes",
        ),
    ),
    Patch(
        "rows remembered over a handover",
        "a worker that gets a partition back reads its rows anew",
        (
            Edit(
                CONSUMER,
                "            if known is None or not known.is_at(place):\n",
                "            if known is None:\n",
            ),
        ),
        (
            "tests/carrying/test_zombies.py"
            "::test_a_worker_that_gets_a_partition_back_forgets_the_rows_it_held",
        ),
    ),
    Patch(
        "no tail check",
        "the last record of a quiet partition is missed when the broker loses it",
        (
            Edit(
                CONSUMER,
                "                if now - quiet_since >= patience:\n",
                "                if False:\n",
            ),
            IMPATIENT,
        ),
        (
            "tests/carrying/test_consumer.py"
            "::test_the_lost_tail_of_a_quiet_partition_is_filled_though_nothing_more_comes",
        ),
    ),
    Patch(
        "holes stepped over",
        "what Kafka did not bring is taken from the log",
        (Edit(CONSUMER, "            if recorded.previous != last:\n", "            if False:\n"),),
        (
            "tests/carrying/test_consumer.py"
            "::test_a_hole_is_filled_from_the_log_before_what_is_behind_it",
        ),
    ),
    Patch(
        "incarnations not compared",
        "a restored log stops its consumers",
        (
            Edit(
                CONSUMER,
                "elif place.incarnation != heads.incarnation or place.position > head:\n",
                "elif place.position > head:\n",
            ),
            IMPATIENT,
        ),
        ("tests/carrying/test_stops.py::test_a_restored_log_is_noticed_without_a_word_from_kafka",),
    ),
    Patch(
        "hash not compared at the place",
        "the same position with another content stops the partition",
        (
            Edit(
                CONSUMER,
                "if recorded.position == place.position and recorded.hash != place.hash:\n",
                "if False:\n",
            ),
        ),
        (
            "tests/carrying/test_stops.py::test_the_same_position_with_another_hash_stops_the_partition",
        ),
    ),
    Patch(
        "doubtful records believed",
        "a record that the log does not have parks and stops nobody",
        (Edit("runtime/reading/doubt.py", "    if known != recorded:\n", "    if False:\n"),),
        ("tests/carrying/test_stops.py::test_a_record_that_only_looks_like_a_fact_is_passed_over",),
    ),
    Patch(
        "one id for all commands of a reaction",
        "a reaction's command is told apart by what it speaks to",
        (
            Edit(
                "runtime/reacting.py",
                "command_id=command_id_of(actor, cause.id, name, target, body),",
                "command_id=command_id_of(actor, cause.id, name),",
            ),
        ),
        (
            "tests/carrying/test_policies.py"
            "::test_two_commands_to_two_targets_have_ids_of_their_own_that_never_change",
        ),
    ),
    Patch(
        "a token not waited for",
        "who gives back a token reads his own write",
        (
            Edit(
                "runtime/reading/query.py",
                "        if after is None:\n            return\n",
                "        return\n",
            ),
        ),
        (
            "tests/carrying/test_reading_own_writes.py"
            "::test_a_query_with_a_token_waits_until_its_rows_hold_the_write",
        ),
    ),
    Patch(
        "a reaction's command known without its body",
        "two commands of one name to one stream are told apart",
        (
            Edit(
                "runtime/reacting.py",
                "command_id=command_id_of(actor, cause.id, name, target, body),",
                "command_id=command_id_of(actor, cause.id, name, target),",
            ),
        ),
        (
            "tests/carrying/test_policies.py"
            "::test_two_commands_of_one_name_to_one_stream_are_told_apart",
        ),
    ),
    Patch(
        "answered from what was known before",
        "of two facts that meet, the later one is answered with both",
        (
            Edit(
                "runtime/known.py",
                "if production in since and body != (since[production] or empty):\n",
                "if False:\n",
            ),
        ),
        (
            "tests/carrying/test_policies.py"
            "::test_of_two_logs_that_tell_at_the_same_time_the_last_is_answered_with_both",
        ),
    ),
    Patch(
        "a place that moved not looked at",
        "who is no longer at his place gives no command",
        (
            Edit(
                "runtime/answered.py",
                "if row is None or not await self._is_next(connection, behind, row):\n",
                "if row is None:\n",
            ),
        ),
        ("tests/carrying/test_policies.py::test_who_is_no_longer_at_his_place_gives_no_command",),
    ),
    Patch(
        "a rewind that forgets what was answered",
        "a rewound room answers no fact again",
        (Edit("runtime/reading/rewind.py", "|answered$|answers$", ""),),
        (
            "tests/carrying/test_rewind.py"
            "::test_a_rewound_room_answers_no_fact_again_though_it_would_say_something_else",
        ),
    ),
    Patch(
        "answered before all is heard again",
        "what comes after a rewind is answered with all that was known before it",
        (
            Edit(
                "runtime/reacting.py",
                "        if fresh and answered.lacks:\n",
                "        if False:\n",
            ),
        ),
        (
            "tests/carrying/test_rewind.py"
            "::test_what_comes_after_a_rewind_waits_for_what_was_known_before_it",
        ),
    ),
    Patch(
        "answers of a restored log believed",
        "answers that a restored log has lost are given again",
        (
            Edit(
                "runtime/answered.py",
                "                await connection.execute(self._doubt)\n",
                "                pass\n",
            ),
        ),
        (
            "tests/carrying/test_rewind.py"
            "::test_answers_that_a_restored_log_has_lost_are_given_again",
        ),
    ),
    Patch(
        "a timer taken away though it was set anew",
        "what a fact sets while a timer fires is not lost",
        (
            Edit(
                "runtime/timing/rows.py",
                '            WHERE production = $1 AND key = $2 AND due_at = $3 AND cause = $4"""\n',
                "            WHERE production = $1 AND key = $2\n"
                '              AND $3::timestamptz IS NOT NULL AND $4::uuid IS NOT NULL"""\n',
            ),
        ),
        (
            "tests/carrying/test_timers.py"
            "::test_a_fact_that_sets_it_anew_while_it_fires_is_not_lost",
        ),
    ),
    Patch(
        "a timer taken away before its answer",
        "a process that dies while it fires leaves the rest to the next one",
        (
            Edit(
                "runtime/timing/firing.py",
                '        point("before-timer")\n',
                '        await self._rows.done(self._pool, timer)\n        point("before-timer")\n',
            ),
        ),
        (
            "tests/carrying/test_timers.py"
            "::test_a_process_that_dies_while_it_fires_leaves_the_rest_to_the_next_one",
        ),
    ),
    Patch(
        "parked: a bad fact stops its whole partition",
        "a fact that cannot be folded holds back its own production alone",
        (
            Edit(
                CONSUMER,
                "                if not is_of_the_fact(error):\n",
                "                if True:\n",
            ),
        ),
        (
            "tests/carrying/test_parking.py"
            "::test_a_bad_fact_in_the_middle_of_a_page_holds_back_its_own_production_alone",
        ),
    ),
    Patch(
        "parked: a place moved by who does not know what is parked",
        "who has not noticed a retry cannot pass over what comes after it",
        (Edit(PLACE, "AND parkings = $9", "AND $9::bigint IS NOT NULL"),),
        (
            "tests/carrying/test_parking.py::test_a_worker_that_thinks_a_production_parked"
            "_that_was_retried_misses_nothing_of_it",
        ),
    ),
    Patch(
        "parked: given free before the place is reached",
        "a production is parked until all of it is folded",
        (
            Edit(
                "runtime/reading/retrying.py",
                "            if following and following[0].position <= position:\n",
                "            if False:\n",
            ),
        ),
        (
            "tests/carrying/test_parking.py"
            "::test_a_retry_of_many_facts_goes_in_bounded_transactions_while_others_are_told",
        ),
    ),
    Patch(
        "parked: authorised by an old team",
        "a team that could not be folded authorises nobody",
        (
            Edit(
                "runtime/people/team.py",
                "        if appointed and parked:\n",
                "        if False:\n",
            ),
        ),
        (
            "tests/carrying/test_parked_rooms.py"
            "::test_a_team_that_is_parked_authorises_nobody_and_tells_strangers_nothing",
        ),
    ),
    Patch(
        "parked: what waited is taken for answered",
        "what was parked when its room was rewound is answered once it is heard",
        (
            Edit(
                "runtime/answered.py",
                "position <= self.position and position < self.parked.get(production, position + 1)",
                "position <= self.position",
            ),
        ),
        (
            "tests/carrying/test_parked_rooms.py"
            "::test_what_was_parked_when_a_room_was_rewound_is_answered_after_it",
        ),
    ),
    Patch(
        "a timer that does not wait for what takes it away",
        "what the log held when a timer fell due is heard before it fires",
        (
            Edit(
                "runtime/timing/firing.py",
                "            and one.position >= self._heard_until[id_]\n",
                "",
            ),
        ),
        (
            "tests/carrying/test_timers.py"
            "::test_a_timer_waits_until_its_room_has_heard_what_may_take_it_away",
        ),
    ),
    Patch(
        "a clock that may jump",
        "timers halt when the database's clock jumps",
        (
            Edit(
                "runtime/timing/firing.py",
                "        if self._watch.halted:\n            return LOOK_SECONDS\n",
                "",
            ),
        ),
        (
            "tests/carrying/test_clock_jumps.py"
            "::test_a_clock_that_runs_ahead_halts_the_timers_until_it_is_right_again",
        ),
    ),
    Patch(
        "readers turned to what lags behind",
        "a flip takes readers back behind nothing that they have seen",
        (
            Edit(
                "runtime/rebuilding/flipping.py",
                "        await _until_there(connection, version.schema, heads, goal, patience_seconds)\n",
                "",
            ),
        ),
        (
            "tests/carrying/test_rebuild.py"
            "::test_readers_are_not_turned_to_what_is_behind_or_stands_still",
        ),
    ),
    Patch(
        "rebuilt rows apart from their places",
        "a rebuild that is killed folds nothing twice",
        (
            Edit(
                "runtime/rebuilding/lane.py",
                "                await self._tables.save_all(connection, self._changed)\n",
                "                await self._tables.save_all(pool, self._changed)\n",
            ),
        ),
        (
            "tests/carrying/test_rebuild.py"
            "::test_a_rebuild_that_is_killed_goes_on_where_it_was[before-fill-commit:2]",
        ),
    ),
    Patch(
        "a read model shown while it is filled",
        "readers see all of a read model's past, or none",
        (
            Edit(
                "runtime/rebuilding/pointer.py",
                "        raise Building(await self._how_far(connection, live))\n",
                "        return self._projection.schema\n",
            ),
        ),
        (
            "tests/carrying/test_rebuild.py"
            "::test_a_projection_added_later_shows_nothing_before_it_has_all_of_the_past",
        ),
    ),
    Patch(
        "simulated: a cursor moved before it is confirmed",
        "the cursor passes nothing that Kafka has not taken",
        (
            Edit(
                RELAY,
                "        confirmed, failure = await self._confirmed(producer, cursor, page)\n",
                "        await self._lease.move(replace(cursor, position=page[-1].position))\n"
                "        confirmed, failure = await self._confirmed(producer, cursor, page)\n",
            ),
        ),
        BY_THE_SIMULATION,
    ),
    Patch(
        "simulated: a place moved apart from its rows",
        "rows and place are one transaction",
        (
            Edit(
                CONSUMER,
                "            await self._places.move(connection, place, to)\n"
                '            point("before-fold-commit")\n',
                "            await self._places.move(self._pool, place, to)\n"
                '            point("before-fold-commit")\n',
            ),
        ),
        BY_THE_SIMULATION,
    ),
    Patch(
        "simulated: a lease that is never checked",
        "who has lost the lease, or carries on from an old cursor, sends nothing",
        (
            Edit(
                RELAY,
                "        if await self._lease.take() != cursor:\n",
                "        if await self._lease.take() is ...:\n",
            ),
            Edit(
                LEASE,
                "        if not await self._row.move(self._owner, cursor, self._seconds):\n",
                "        if await self._row.move(self._owner, cursor, self._seconds) is None:\n",
            ),
        ),
        BY_THE_SIMULATION,
    ),
    Patch(
        "simulated: a repeat that is not looked up",
        "a key whose answer was lost has the same answer when it comes again",
        (
            Edit(
                HANDLING,
                "                    case Outcome.REPEAT | Outcome.MISMATCH:\n"
                "                        return await self._again(order, fingerprint)\n",
                "                    case Outcome.REPEAT | Outcome.MISMATCH:\n"
                "                        return Handled(token=token_of(self.service.name, answer))\n",
            ),
        ),
        BY_THE_SIMULATION,
    ),
    Patch(
        "simulated: a hole that is passed over",
        "what Kafka did not bring is taken from the log first",
        (
            Edit(
                CONSUMER,
                "            if recorded.previous != last:\n",
                "            if recorded.previous > last + 1_000_000:\n",
            ),
        ),
        BY_THE_SIMULATION,
    ),
    Patch(
        "simulated: a reaction that fails unnoticed",
        "a place moves behind the answers",
        (
            Edit(
                "runtime/reacting.py",
                "        if error is not None:\n            raise error\n",
                "        if isinstance(error, KeyboardInterrupt):\n            raise error\n",
            ),
        ),
        BY_THE_SIMULATION,
    ),
    Patch(
        "simulated: rows kept in memory though somebody else moved the place",
        "who finds his place moved forgets the rows that he holds",
        (
            Edit(
                CONSUMER,
                "                self._sink.forget(*at)\n            self._at[at] = place\n",
                "                pass\n            self._at[at] = place\n",
            ),
            Edit(
                CONSUMER,
                '                    logger.info("place_moved", consumer=self.name, reason=str(error))\n'
                "                    self._sink.forget(*key)\n",
                '                    logger.info("place_moved", consumer=self.name, reason=str(error))\n',
            ),
        ),
        BY_THE_SIMULATION,
    ),
    Patch(
        "partitions forgotten that are sent again",
        "what is lost while the relay sends again is missed too",
        (
            Edit(
                PROVING,
                "    return replace(cursor, position=missing_after)\n",
                "    for partition, at in enumerate(known.positions):\n"
                "        if at > missing_after:\n"
                '            cursor = cursor.ends_at(partition, 0, b"", -1)\n'
                "    return replace(cursor, position=missing_after)\n",
            ),
            IMPATIENT,
        ),
        (
            "tests/carrying/test_broker_losses.py"
            "::test_what_is_lost_before_the_relay_has_sent_again_what_was_lost_before_is_missed_too",
        ),
    ),
    Patch(
        "simulated: a lost tail that nobody looks for",
        "lag returns to 0, whatever the broker has lost",
        (
            Edit(
                CONSUMER,
                "                if now - quiet_since >= patience:\n",
                "                if now - quiet_since >= patience + 10_000:\n",
            ),
        ),
        BY_THE_SIMULATION,
    ),
)
