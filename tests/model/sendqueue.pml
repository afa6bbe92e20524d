/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libkelp's list of what is to be sent: mpsc_push() and mpsc_take(), and the
 * eventfd that wakes the thread which takes.
 *
 * Every node that was pushed is taken, once, and while it is in the list nobody
 * else has it; those of one producer come in the order in which it pushed them;
 * and the consumer never sleeps while something is in the list, with nobody
 * about to wake it. Nodes are few, and whoever needs one gets any that is free,
 * as from malloc(): the same address comes back while others still look at it.
 *
 * Each step between two labels is one access to shared memory or one system
 * call; README.md says which orders the processors have to keep for that.
 *
 * With -DBUG_… one line is wrong, and the checker must find out.
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef PUSHES
#define PUSHES 3	/* of each producer */
#endif
#ifndef NODES
#define NODES 3
#endif

#define NIL 255

byte head = NIL;	/* mpsc.head */
byte next[NODES];	/* mpsc_node.next */
byte from[NODES];	/* what is handed over: by whom */
byte number[NODES];	/* and its how manieth it is */
bit taken[NODES];	/* auxiliary: not free */
bit listed[NODES];	/* auxiliary: the consumer has to find it */
byte eventfd;		/* its counter */
byte done;		/* producers that have ended */

/* malloc(): one that is free, whichever */
inline allocate(n)
{
	atomic {
		if
		:: !taken[0] -> n = 0
		:: NODES > 1 && !taken[1 % NODES] -> n = 1 % NODES
		:: NODES > 2 && !taken[2 % NODES] -> n = 2 % NODES
		:: NODES > 3 && !taken[3 % NODES] -> n = 3 % NODES
		fi;
		taken[n] = 1
	}
}

inline release(n)
{
	d_step {
		assert(taken[n]);
		taken[n] = 0;
		next[n] = NIL
	}
}

/* mpsc_push() */
inline push(n)
{
	first = head;
#ifdef BUG_LINK_AFTER_PUSH
	/* an exchange needs no loop, but then the list has a gap for a while */
	atomic { first = head; head = n; listed[n] = 1 };
	next[n] = first
#else
	do
	:: next[n] = first;
#ifdef BUG_STORE_WITHOUT_COMPARE
	   atomic { head = n; listed[n] = 1 };
	   break
#else
	   atomic {
		if
		:: head == first -> head = n; listed[n] = 1; break
		:: else -> first = head
		fi
	   }
#endif
	od
#endif
}

proctype producer(byte me)
{
	byte pushed, node, first;

	do
	:: pushed < PUSHES ->
		allocate(node);
		from[node] = me;
		number[node] = pushed;
		pushed++;
#ifdef BUG_WAKE_BEFORE_PUSH
		if
		:: head == NIL -> eventfd++
		:: else
		fi;
		push(node)
#else
		push(node);
		if
#ifdef BUG_LOOK_AGAIN
		/* what the list was like is not what it is like now */
		:: head == node && next[node] == NIL -> eventfd++
#else
		:: first == NIL -> eventfd++
#endif
		:: else
		fi
#endif
	:: else -> break
	od;
	done++
}

/* mpsc_take(): turning the list over. Nobody else has these nodes. */
inline reverse()
{
	do
	:: cur == NIL -> break
	:: else ->
		follow = next[cur];
		next[cur] = batch;
		batch = cur;
		cur = follow
	od
}

inline take()
{
#ifdef BUG_LOAD_THEN_CLEAR
	cur = head;
	head = NIL;
#else
	atomic { cur = head; head = NIL };
#endif
	batch = NIL;
#ifdef BUG_NEWEST_FIRST
	batch = cur
#else
	reverse()
#endif
}

/* poll(), then read() of an eventfd that does not block */
inline clear()
{
	atomic { eventfd -> eventfd = 0 }
}

/* All that was taken is done with, and freed. */
inline serve()
{
	do
	:: batch == NIL -> break
	:: else ->
		cur = batch;
#ifndef BUG_NEXT_AFTER_FREE
		batch = next[cur];
#endif
		d_step {
			assert(listed[cur]);
			listed[cur] = 0;
			assert(number[cur] == expected[from[cur]]);
			expected[from[cur]]++;
			got++
		}
		release(cur);
#ifdef BUG_NEXT_AFTER_FREE
		batch = next[cur]
#endif
	od
}

/*
 * It ends when it has got everything, so that whatever is lost leaves it waiting
 * for ever, which is an invalid end state.
 */
proctype consumer()
{
	byte cur, follow, batch, got;
	byte expected[PRODUCERS];

	do
	:: got == PRODUCERS * PUSHES -> break
	:: else ->
#ifdef BUG_TAKE_BEFORE_CLEAR
		/* poll() */
		eventfd > 0;
		take();
		clear();
#else
		clear();
		take();
#endif
		serve()
	od;
	done == PRODUCERS;
	assert(head == NIL)
}

init {
	byte i;

	d_step {
		for (i : 0 .. NODES - 1) { next[i] = NIL }
	}
	atomic {
		for (i : 0 .. PRODUCERS - 1) { run producer(i) }
		run consumer()
	}
}
