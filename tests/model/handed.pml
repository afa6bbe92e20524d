/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who serves a connection, and when: softirq, or the worker it was handed over
 * to; kelp_callback_data_ready(), kelp_callback_write_space(), kelp_serve(),
 * kelp_conn_work().
 *
 * The peer sends REQUESTS messages; number ASYNC of them is answered by the
 * dispatcher, later. TCP's send buffer has room for ROOM answers; the peer
 * makes room. Some process (ss -K, a socket option) may own the socket for a
 * while, so that segments go to its backlog. All that is said here happens
 * under the socket's spinlock, except what is marked.
 *
 * The peer gets the answers whole, in order, and all of them: no answer is
 * begun inside another, none overtakes, and nothing is left lying when nobody
 * moves any more. The hand-over itself is in handover.pml; here a kick is one
 * step.
 *
 * With -DBUG_… one line is wrong, and the checker must find out.
 */
#ifndef REQUESTS
#define REQUESTS 4
#endif
#define ASYNC 2		/* this one's answer is made elsewhere */
#ifndef ROOM
#define ROOM 1
#endif
#ifndef BUDGET
#define BUDGET 2	/* of the worker; softirq's is 1 */
#endif

#define NOBODY 0
#define SOFTIRQ 1
#define WORKER 2
#define PROCESS 3

byte lock;		/* who holds the spinlock */
bit owned;		/* sock_owned_by_user() */
byte backlog;		/* segments that wait for the owner's release */
byte arrived;		/* messages in the receive queue so far */
byte taken;		/* messages that were read */
byte answered;		/* answers given to TCP or queued, in order */
byte queue;		/* answers in the transmit queue */
byte sent;		/* answers given to TCP */
byte room = ROOM;	/* answers that TCP's send buffer still takes */
byte got;		/* answers that the peer has got */
bit nospace;		/* SOCK_NOSPACE: TCP will say when there is room */
bit paused;		/* kelp_conn.paused */
bit handed;		/* kelp_conn.handed */
bit queued;		/* KELP_CONN_QUEUED: the worker will look */
bit ready;		/* KELP_CONN_READY; atomic, no lock */
bit asked;		/* the dispatcher has an item */

inline acquire(who) { atomic { lock == NOBODY -> lock = who } }
inline release() { lock = NOBODY }

#define kick() queued = 1

/*
 * tcp_sendmsg_locked(): who owns the socket, instead of holding the spinlock,
 * works off the backlog in the middle of it, and that calls data_ready. An
 * answer given then would lie inside the one that is being sent.
 */
inline tcp_send()
{
#ifdef BUG_SERVE_WHEN_OWNED
	if
	:: owned && backlog ->
		backlog--;
		arrived++;
		assert(paused || queue || taken == arrived);
		handed = 1;
		kick()
	:: else
	fi;
#endif
	room--;
	sent++
}

/* kelp_txq_send() */
inline flush()
{
	do
	:: queue && room -> tcp_send(); queue--
	:: queue && !room -> nospace = 1; break
	:: !queue -> break
	od
}

/* One answer: to TCP, or behind those that wait. */
inline answer()
{
	answered++;
	if
	:: room && !queue ->
		assert(sent + 1 == answered);	/* in order */
		tcp_send()
	:: else ->
		queue++;
		nospace = 1;
		assert(queue == 1)	/* backpressure: nothing more is read */
	fi
}

#ifdef BUG_READ_ON
#define STOP (paused || !budget)
#else
#define STOP (paused || queue || !budget)
#endif

/* kelp_serve(): sets drained. */
inline serve(place, most)
{
	budget = most;
	flush();
	if
	:: place == WORKER && ready && !queue ->
		ready = 0;
		paused = 0;
		answer()
	:: else
	fi;
	do
	:: !STOP && taken < arrived ->
		taken++;
		budget--;
		if
		:: taken == ASYNC -> paused = 1; asked = 1
		:: else -> answer()
		fi
	:: STOP || taken == arrived -> break
	od;
	drained = !queue && !paused && taken == arrived
}

/* kelp_callback_data_ready(): TCP has just queued a segment. */
inline data_ready()
{
	if
	:: handed || owned ->
		handed = 1;
#ifdef BUG_HANDED_NOT_KICKED
		skip
#else
		kick()
#endif
	:: else ->
		serve(SOFTIRQ, 1);
		if
		:: drained
		:: else ->
			handed = 1;
#ifdef BUG_SOFTIRQ_FORGETS
			skip
#else
			kick()
#endif
		fi
	fi
}

/* __release_sock(): by the owner, with the spinlock held. */
inline work_off_backlog()
{
	do
	:: backlog -> backlog--; arrived++; data_ready()
	:: else -> break
	od
}

/* The peer's segments come in, a message or two in each. */
active proctype softirq_receive()
{
	byte n, budget;
	bit drained;

	do
	:: n < REQUESTS ->
		acquire(SOFTIRQ);
		n++;
		if
		:: owned -> backlog++
		:: else ->
			arrived++;
			if
			:: n < REQUESTS -> n++; arrived++
			:: skip
			fi;
			data_ready()
		fi;
		release()
	:: else -> break
	od
}

/* The peer reads, and its acknowledgements make room: sk_write_space(). */
active proctype softirq_ack()
{
end:	do
	:: got < sent ->
		/* for an owned socket it waits in the backlog, too */
		atomic { lock == NOBODY && !owned -> lock = SOFTIRQ };
		got++;
		room++;
		if
		:: nospace ->
			nospace = 0;
			if
#ifdef BUG_NO_WRITE_SPACE
			:: queue -> skip
#else
			:: queue -> kick()
#endif
			:: else
			fi
		:: else
		fi;
		release()
	od
}

/* A process takes the socket for a while, once. */
active proctype process()
{
	byte budget;
	bit drained;

	if
	:: skip		/* or never */
	:: atomic { lock == NOBODY && !owned -> owned = 1 };
	   acquire(PROCESS);
	   work_off_backlog();
	   owned = 0;
	   release()
	fi
}

/* The dispatcher makes the answer to ASYNC: kelp_conn_set(READY). No lock. */
active proctype dispatcher()
{
end:	asked;
#ifdef BUG_KICK_BEFORE_READY
	kick();
	ready = 1
#else
	ready = 1;
	kick()
#endif
}

/* kelp_worker_serve() and kelp_conn_work() */
active proctype worker()
{
	byte budget;
	bit drained, more;

end:	do
	:: queued ->
		queued = 0;
		acquire(WORKER);
		if
		:: owned ->
			release();
#ifndef BUG_OWNED_FORGETS
			kick()
#endif
		:: else ->
#ifdef BUG_SERVE_WHEN_OWNED
			/* lock_sock() in the place of lock_sock_fast() */
			owned = 1;
			release();
#endif
			serve(WORKER, BUDGET);
			handed = !drained;
			more = handed && !paused && !queue && taken < arrived;
#ifdef BUG_SERVE_WHEN_OWNED
			acquire(WORKER);
			work_off_backlog();
			owned = 0;
#endif
			release();
			if
#ifdef BUG_NO_MORE
			:: more -> skip
#else
			:: more -> kick()
#endif
			:: else
			fi
		fi
	od
}

/* When nobody can move any more, everything has been answered. */
active proctype verdict()
{
end:	timeout;
	assert(arrived == REQUESTS);
	assert(taken == REQUESTS);
	assert(answered == REQUESTS);
	assert(got == REQUESTS);
	assert(!queue && !queued && !handed && !paused)
}
