/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hand-over of connections to their worker: kelp_conn_kick() and
 * kelp_worker_queue() against kelp_worker_fn() and kelp_worker_serve().
 *
 * Every event that a producer wrote before its kick is seen by a look of the
 * worker, no connection is on the list twice, each kick that queued gave
 * exactly one reference, and the worker ends when it is told to. Each step
 * between two labels is one access to shared memory; README.md says which
 * barriers make the processors keep to this order.
 *
 * With -DBUG_… one line is wrong, and the checker must find out.
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef EVENTS
#define EVENTS 2	/* of each producer */
#endif
#ifndef CONNS
#define CONNS 2
#endif

#define NIL 255

bit queued[CONNS];	/* kelp_conn.bits: QUEUED */
byte event[CONNS];	/* what producers write: data, bits, anything */
byte seen[CONNS];	/* what the worker saw of it at its last look */
byte refs[CONNS];	/* references that the list holds */
byte next[CONNS];	/* kelp_conn.qnode */
bit listed[CONNS];	/* auxiliary: in the list or in the worker's batch */
byte head = NIL;	/* kelp_worker.queue */
bit asleep;		/* the worker's task state is TASK_IDLE */
bit stop;		/* kthread_should_stop() */
byte done;		/* producers that have ended */

/* wake_up_process() */
inline wake() { asleep = 0 }

/* llist_add(): the node's pointer, then a compare-and-exchange. */
inline list_add(c)
{
	assert(!listed[c]);
	listed[c] = 1;
	do
	:: first = head;
	   next[c] = first;
	   atomic {
		if
		:: head == first -> head = c; break
		:: else
		fi
	   }
	od
}

/* kelp_conn_kick() */
inline kick(c)
{
#ifdef BUG_TEST_THEN_SET
	was = queued[c];
	queued[c] = 1;
#else
	atomic { was = queued[c]; queued[c] = 1 }
#endif
	if
	:: was
	:: else ->
		refs[c]++;
#ifdef BUG_WAKE_BEFORE_ADD
		if
		:: head == NIL -> wake()
		:: else
		fi;
		list_add(c)
#else
		list_add(c);
		if
		:: first == NIL -> wake()
		:: else
		fi
#endif
	fi
}

proctype producer()
{
	byte n, c, first;
	bit was;

	do
	:: n < EVENTS ->
		n++;
		select (c : 0 .. CONNS - 1);
#ifdef BUG_KICK_BEFORE_EVENT
		kick(c);
		event[c]++
#else
		event[c]++;
		kick(c)
#endif
	:: else -> break
	od;
	done++
}

/* kelp_conn_work(): sees all that was written; one lock, hence one step. */
inline look(c)
{
	seen[c] = event[c]
}

/* llist_reverse_order(): nobody else has these nodes. */
inline reverse()
{
	d_step {
		batch = NIL;
		do
		:: cur == NIL -> break
		:: else ->
			follow = next[cur];
			next[cur] = batch;
			batch = cur;
			cur = follow
		od
	}
}

proctype worker()
{
	byte batch, cur, follow;

	do
	:: stop -> break
	:: else ->
		/* kelp_worker_serve() */
		atomic { cur = head; head = NIL }
		reverse();
		do
		:: batch == NIL -> break
		:: else ->
			cur = batch;
#ifndef BUG_NEXT_AFTER_CLEAR
			batch = next[cur];
#endif
			listed[cur] = 0;
#ifdef BUG_CLEAR_AFTER_SERVE
			look(cur);
			queued[cur] = 0;
#else
			queued[cur] = 0;
			look(cur);
#endif
#ifdef BUG_NEXT_AFTER_CLEAR
			batch = next[cur];
#endif
			assert(refs[cur]);
			refs[cur]--
		od;
		/* kelp_worker_fn() */
#ifdef BUG_LOOK_BEFORE_STATE
		if
		:: head == NIL && !stop -> asleep = 1; !asleep
		:: else
		fi;
#else
		asleep = 1;
#ifdef BUG_NO_LOOK
		!asleep;
#else
		if
		:: head == NIL ->
			if
			:: !stop -> !asleep	/* schedule() */
			:: else
			fi
		:: else
		fi;
#endif
#endif
		asleep = 0
	od;
	assert(head == NIL)
}

#define ALL_SEEN (seen[0] == event[0] && \
		  seen[CONNS - 1] == event[CONNS - 1] && \
		  !refs[0] && !refs[CONNS - 1])

/*
 * Unloading, after the last connection: kthread_stop(). A lost wake-up leaves
 * everything waiting here for ever, which is an invalid end state.
 */
active proctype unload()
{
	byte i;

	d_step {
		for (i : 0 .. CONNS - 1) { next[i] = NIL }
	}
	atomic {
		for (i : 1 .. PRODUCERS) { run producer() }
		run worker()
	}
	done == PRODUCERS && ALL_SEEN;
#ifdef BUG_STOP_WITHOUT_WAKE
	stop = 1
#else
	stop = 1;
	wake()
#endif
}
