import CMediaIO
import MediaCore
import Synchronization

/// A worker's thread: it waits for sockets, timers and commands, and is the worker's executor.
///
/// Each turn has exclusive access to the engine and ends before jobs run, so that jobs may use the engine in their turn.
final class EventLoop: SerialExecutor, @unchecked Sendable {
    private struct State: ~Copyable {
        enum Phase {
            case running
            /// The thread no longer takes jobs; they run where they are enqueued, one at a time.
            case stopped
        }

        var phase = Phase.running
        var jobs: [UnownedJob] = []
        var wake: Descriptor
        /// Whether the thread waits and must be woken.
        var isAsleep = false
        var stopIsRequested = false
        /// Whether a thread runs jobs after the loop has stopped.
        var isDraining = false
        var isFinished = false
        var waiters: [CheckedContinuation<Void, Never>] = []

        init(wake: consuming Descriptor) {
            self.wake = wake
        }

        mutating func wakeThread() {
            guard phase == .running, isAsleep else { return }
            isAsleep = false
            sluice_event_signal(wake.number)
        }
    }

    /// How many jobs run between two turns at most.
    private static let jobsPerTurn = 64
    /// How long a shutdown waits for room in the sockets' buffers.
    private static let flushTimeout = MediaDuration.milliseconds(250)

    /// Only turns and jobs touch it. They never overlap: that is what makes this class `Sendable`.
    var driver: EngineDriver
    let events: EventQueue
    private let state: Mutex<State>

    init(
        engine: consuming MediaEngine, sockets: consuming UDPSockets, maximumTransports: Int, coalescing: MediaDuration
    ) throws(MediaIOError) {
        let wake = Descriptor(sluice_event_create())
        guard wake.isOpen else { throw .system("creating the event loop", result: wake.number) }
        driver = try EngineDriver(engine: engine, sockets: sockets, wake: wake.number, coalescing: coalescing)
        events = EventQueue(maximumTransports: maximumTransports)
        state = Mutex(State(wake: wake))
    }

    /// Starts the thread, which keeps the loop alive until `stop`.
    func start() throws(MediaIOError) {
        let context = Unmanaged.passRetained(self)
        let result = sluice_thread_start(
            "sluice-media",
            { context in
                guard let context else { return }
                Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
            }, context.toOpaque())
        if result < 0 {
            context.release()
            throw .system("starting the thread", result: result)
        }
    }

    // MARK: Executor

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let runsHere = state.withLock { state in
            state.jobs.append(job)
            state.wakeThread()
            if state.phase == .running || state.isDraining { return false }
            state.isDraining = true
            return true
        }
        if runsHere { drain() }
    }

    /// Runs what is enqueued after the loop has stopped, on the thread that has set `isDraining`.
    private func drain() {
        // The last job may drop the last reference to the actor, and the actor the last one to this executor.
        let itself = Unmanaged.passRetained(self)
        defer { itself.release() }
        while true {
            let jobs = state.withLock { state -> [UnownedJob] in
                if state.jobs.isEmpty { state.isDraining = false }
                defer { state.jobs = [] }
                return state.jobs
            }
            if jobs.isEmpty { return }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }

    // MARK: Thread

    private func run() {
        var events: [MediaEvent] = []
        var jobs: [UnownedJob] = []
        var nextJob = 0
        var isBusy = false
        while true {
            let mayBlock = state.withLock { state in
                state.isAsleep = !isBusy && nextJob == jobs.count && state.jobs.isEmpty && !state.stopIsRequested
                return state.isAsleep
            }
            isBusy = driver.turn(longestWait: mayBlock ? nil : .zero, events: &events)
            deliver(&events)

            let isStopping = state.withLock { state in
                state.isAsleep = false
                if nextJob == jobs.count, nextJob > 0 || !state.jobs.isEmpty {
                    jobs.removeAll(keepingCapacity: true)
                    nextJob = 0
                    swap(&jobs, &state.jobs)
                }
                return state.stopIsRequested
            }
            if isStopping { break }
            let end = min(jobs.count, nextJob + Self.jobsPerTurn)
            // What the jobs put into the engine's output goes out before the thread waits again.
            isBusy = isBusy || nextJob < end
            while nextJob < end {
                let job = jobs[nextJob]
                nextJob += 1
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
        }
        finish(jobs: jobs[nextJob...], events: &events)
    }

    /// Says goodbye to every peer, closes the sockets, and leaves the remaining jobs to run without the loop.
    private func finish(jobs: ArraySlice<UnownedJob>, events: inout [MediaEvent]) {
        driver.beginShutdown()
        let deadline = SystemClock.now + Self.flushTimeout
        var isBusy = driver.turn(longestWait: .zero, events: &events)
        while isBusy || driver.isBlocked {
            let remaining = deadline - SystemClock.now
            guard remaining > .zero else { break }
            isBusy = driver.turn(longestWait: isBusy ? .zero : remaining, events: &events)
        }
        driver.closeSockets()
        deliver(&events)
        self.events.finish()
        state.withLock { state in
            state.phase = .stopped
            state.wake.close()
            state.isDraining = true
            state.jobs.insert(contentsOf: jobs, at: 0)
        }
        drain()
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func deliver(_ pending: inout [MediaEvent]) {
        guard !pending.isEmpty else { return }
        for event in pending { events.append(event) }
        pending.removeAll(keepingCapacity: true)
    }

    // MARK: Stopping

    /// Has the thread finish, without waiting for it.
    func requestStop() {
        state.withLock { state in
            state.stopIsRequested = true
            state.wakeThread()
        }
    }

    /// Has the thread finish, and waits until it has.
    func stop() async {
        requestStop()
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.waiters.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }
}
