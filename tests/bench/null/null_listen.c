// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening, accepting and closing for both null responders: a kthread pinned
 * to each CPU, each with a listening socket of its own, steered by the CPU that
 * a connection's first packet comes in on. Included by null_softirq.c and
 * null_kthread.c, which say what null_data_ready() and null_room() do.
 */
#include <linux/cpu.h>
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/kthread.h>
#include <linux/sched.h>

static unsigned short null_port = 8084;
module_param_named(port, null_port, ushort, 0444);
MODULE_PARM_DESC(port, "port to listen on, of 127.0.0.1 (8084)");
/* What has to be taken off when sockets alone are to be weighed. */
static unsigned int null_conn_bytes;
module_param_named(conn_bytes, null_conn_bytes, uint, 0444);
MODULE_PARM_DESC(conn_bytes, "to be read: memory per connection beside its socket");

#define NULL_BACKLOG 16384

static DEFINE_PER_CPU(struct null_worker, null_workers);

static void null_kick(struct null_conn *conn)
{
	if (!test_and_set_bit(NULL_QUEUED, &conn->bits) &&
	    llist_add(&conn->qnode, &conn->worker->queue))
		wake_up_process(conn->worker->task);
}

static void null_state_change(struct sock *sk)
{
	struct null_conn *conn = null_conn_of(sk);

	if (conn)
		null_kick(conn);
}

static void null_write_space(struct sock *sk)
{
	struct null_conn *conn = null_conn_of(sk);

	if (!conn)
		return;
	conn->worker->saved.write_space(sk);
	if (!test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		null_room(conn, sk);
}

static void null_callbacks_set(struct sock *sk, void *data,
			       const struct null_callbacks *to)
{
	write_lock_bh(&sk->sk_callback_lock);
	__rcu_assign_sk_user_data_with_flags(sk, data,
					     data ? SK_USER_DATA_NOCOPY : 0);
	sk->sk_state_change = to->state_change;
	sk->sk_data_ready = to->data_ready;
	sk->sk_write_space = to->write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* Callbacks run under the socket lock: afterwards none knows @conn. */
static void null_conn_destroy(struct null_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	lock_sock(sk);
	null_callbacks_set(sk, NULL, &conn->worker->saved);
	release_sock(sk);
	list_del(&conn->node);
	if (kthread_should_stop())
		sock_no_linger(sk);
	sock_release(conn->sock);
	if (test_and_set_bit(NULL_QUEUED, &conn->bits))
		conn->dead = true;
	else
		kfree(conn);
}

/* Softirq's conditions: the lock without owning the socket. */
static void null_conn_work(struct null_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	bool slow = lock_sock_fast(sk), end;

	if (likely(!slow))
		null_serve(conn);
	end = conn->failed || sk->sk_state == TCP_CLOSE ||
	      (!conn->owed && (sk->sk_state == TCP_CLOSE_WAIT ||
			       (null_close && conn->done)));
	unlock_sock_fast(sk, slow);
	if (end)
		null_conn_destroy(conn);
	else if (unlikely(slow))
		null_kick(conn);
}

static void null_conn_create(struct null_worker *worker, struct socket *sock)
{
	static const struct null_callbacks ours = {
		.state_change = null_state_change,
		.data_ready = null_data_ready,
		.write_space = null_write_space,
	};
	struct null_conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL);

	if (!conn) {
		sock_release(sock);
		return;
	}
	if (!null_conn_bytes)
		null_conn_bytes = ksize(conn);
	conn->sock = sock;
	conn->worker = worker;
	list_add(&conn->node, &worker->conns);
	lock_sock(sock->sk);
	null_callbacks_set(sock->sk, conn, &ours);
	release_sock(sock->sk);
	/* What came before the callbacks were there. */
	null_conn_work(conn);
}

static void null_accept(struct null_worker *worker)
{
	struct socket *sock;

	while (!kernel_accept(worker->listener, &sock, O_NONBLOCK)) {
		null_conn_create(worker, sock);
		cond_resched();
	}
}

static void null_worker_queue_serve(struct null_worker *worker)
{
	struct llist_node *batch;
	struct null_conn *conn, *next;

	batch = llist_reverse_order(llist_del_all(&worker->queue));
	llist_for_each_entry_safe(conn, next, batch, qnode) {
		if (conn->dead) {
			kfree(conn);
			continue;
		}
		clear_bit(NULL_QUEUED, &conn->bits);
		/*
		 * Pairs with test_and_set_bit() in null_kick(): the clear
		 * before every look at the connection.
		 */
		smp_mb__after_atomic();
		null_conn_work(conn);
		cond_resched();
	}
}

static int null_worker_fn(void *arg)
{
	struct null_worker *worker = arg;
	struct null_conn *conn, *next;

	while (!kthread_should_stop()) {
		if (xchg(&worker->accept, false))
			null_accept(worker);
		null_worker_queue_serve(worker);
		/* Pairs with wake_up_process(): state first, then the look. */
		set_current_state(TASK_IDLE);
		if (llist_empty(&worker->queue) && !READ_ONCE(worker->accept) &&
		    !kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	list_for_each_entry_safe(conn, next, &worker->conns, node) {
		null_conn_destroy(conn);
		cond_resched();
	}
	null_worker_queue_serve(worker);
	return 0;
}

/* Also inherited by children that are not accepted yet: no user data. */
static void null_listener_ready(struct sock *sk)
{
	struct null_worker *worker;

	rcu_read_lock();
	worker = rcu_dereference_sk_user_data(sk);
	if (worker && sk->sk_state == TCP_LISTEN) {
		WRITE_ONCE(worker->accept, true);
		wake_up_process(worker->task);
	}
	rcu_read_unlock();
}

static int null_listen(struct null_worker *worker, int cpu)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(null_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct null_callbacks callbacks;
	struct socket *sock;
	struct sock *sk;
	int err;

	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &sock);
	if (err)
		return err;
	worker->listener = sock;
	sk = sock->sk;
	worker->saved.state_change = sk->sk_state_change;
	worker->saved.data_ready = sk->sk_data_ready;
	worker->saved.write_space = sk->sk_write_space;
	callbacks = worker->saved;
	callbacks.data_ready = null_listener_ready;
	kelp_compat_socket_init(sk);
	sock_set_reuseaddr(sk);
	sock_set_reuseport(sk);
	tcp_sock_set_nodelay(sk);
	err = sock_setsockopt(sock, SOL_SOCKET, SO_INCOMING_CPU,
			      KERNEL_SOCKPTR(&cpu), sizeof(cpu));
	if (!err)
		err = kernel_bind(sock, (struct sockaddr *)&addr, sizeof(addr));
	if (err)
		return err;
	null_callbacks_set(sk, worker, &callbacks);
	return kernel_listen(sock, NULL_BACKLOG);
}

static int null_worker_start(int cpu)
{
	struct null_worker *worker = per_cpu_ptr(&null_workers, cpu);
	struct task_struct *task;

	init_llist_head(&worker->queue);
	INIT_LIST_HEAD(&worker->conns);
	task = kthread_create_on_cpu(null_worker_fn, worker, cpu, "null/%u");
	if (IS_ERR(task))
		return PTR_ERR(task);
	worker->task = task;
	wake_up_process(task);
	return null_listen(worker, cpu);
}

static void null_stop(void)
{
	struct null_worker *worker;
	int cpu;

	for_each_possible_cpu(cpu) {
		worker = per_cpu_ptr(&null_workers, cpu);
		if (worker->listener)
			null_callbacks_set(worker->listener->sk, NULL,
					   &worker->saved);
	}
	synchronize_rcu();
	for_each_possible_cpu(cpu) {
		worker = per_cpu_ptr(&null_workers, cpu);
		if (worker->task)
			kthread_stop(worker->task);
		if (worker->listener)
			sock_release(worker->listener);
	}
	null_answer_free();
}

static int __init null_init(void)
{
	int cpu, err;

	err = null_answer_make(null_close ? "Connection: close\r\n" : "");
	cpus_read_lock();
	for_each_online_cpu(cpu)
		if (!err)
			err = null_worker_start(cpu);
	cpus_read_unlock();
	if (err)
		null_stop();
	return err;
}

static void __exit null_exit(void)
{
	null_stop();
	/* Children that were never accepted had null_listener_ready(). */
	synchronize_rcu();
}

module_init(null_init);
module_exit(null_exit);
MODULE_LICENSE("GPL");
