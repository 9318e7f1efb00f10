package dev.zstar.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A team of threads of its own. The thread that called {@link #run} spins until all workers are done. */
final class WorkerTeam extends Team {
    private final long spinNanos;
    private final Worker[] workers;
    private final AtomicInteger pending = new AtomicInteger();
    /** The workers may terminate. */
    private volatile boolean over;

    WorkerTeam(int threads, long spinNanos) {
        super(threads);
        this.spinNanos = spinNanos;
        workers = new Worker[threads - 1];
        for (int t = 0; t < workers.length; t++) {
            workers[t] = new Worker(t + 1);
            try {
                workers[t].start();
            } catch (Throwable e) {
                close();
                throw e;
            }
        }
    }

    @Override
    void runRanges() {
        pending.set(workers.length);
        for (Worker worker : workers) {
            worker.wake();
        }
        runRange(0);
        for (int spins = 1; pending.get() != 0; spins++) {
            pause(spins);
        }
    }

    @Override
    void end() {
        over = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    private final class Worker extends Thread {
        private final int number;
        private final AtomicInteger called = new AtomicInteger();
        private volatile boolean parked;
        private int done;

        Worker(int number) {
            super("zstar-worker-" + number);
            this.number = number;
            setDaemon(true);
        }

        void wake() {
            called.incrementAndGet();
            if (parked) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            while (await()) {
                done++;
                runRange(number);
                pending.decrementAndGet();
            }
        }

        private boolean await() {
            long deadline = System.nanoTime() + spinNanos;
            int spins = 0;
            while (called.get() == done) {
                if (over) {
                    return false;
                }
                if ((++spins & 63) != 0 || System.nanoTime() < deadline) {
                    Thread.onSpinWait();
                    continue;
                }
                parked = true;
                if (called.get() == done && !over) {
                    LockSupport.park(WorkerTeam.this);
                }
                parked = false;
                deadline = System.nanoTime() + spinNanos;
            }
            return true;
        }
    }
}
