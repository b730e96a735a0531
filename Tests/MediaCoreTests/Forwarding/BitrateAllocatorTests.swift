import Testing

@testable import MediaCore

/// When steps are taken: down at once, up when they hold.
@Suite struct BitrateAllocatorTests {
    /// One video of three steps that is decided on every 100 ms.
    private struct Session {
        var allocator = BitrateAllocator()
        var held = 0
        var now = MediaInstant(nanoseconds: 1_000_000_000)
        var kilobits: [Int64] = [100, 300, 900]
        /// When it changed, and to what.
        var changes: [(at: MediaInstant, held: Int)] = []

        /// Lets time pass with an estimate in kbit/s.
        mutating func run(_ milliseconds: Int64, delay: MediaDuration = .zero, estimate: (MediaInstant) -> Int64) {
            let end = now + .milliseconds(milliseconds)
            while now < end {
                var plan = AllocationPlanTests.plan([(1, kilobits, held)])
                allocator.allocate(&plan, estimate: estimate(now) * 1000, delay: delay, at: now)
                if plan.tracks[0].granted != held {
                    held = plan.tracks[0].granted
                    changes.append((now, held))
                }
                now = now + .milliseconds(100)
            }
        }

        mutating func run(_ milliseconds: Int64, at estimate: Int64) { run(milliseconds) { _ in estimate } }
    }

    @Test func theFirstStepIsTakenAtOnce() {
        var session = Session()
        session.run(100, at: 400)
        #expect(session.held == 2)
    }

    /// 900 needs 1,035.
    @Test func aStepUpHasToHoldForAWhileAndLeaveAMargin() {
        var session = Session()
        session.run(3_000, at: 400)
        session.run(900, at: 1_040)
        #expect(session.held == 2)
        session.run(300, at: 1_040)
        #expect(session.held == 3)

        var short = Session()
        short.run(3_000, at: 400)
        for _ in 0..<10 {
            short.run(800, at: 1_040)
            short.run(200, at: 1_000)
        }
        #expect(short.held == 2)
    }

    @Test func aStepDownIsTakenAtOnce() {
        var session = Session()
        session.run(3_000, at: 2_000)
        #expect(session.held == 3)
        session.run(100, at: 700)
        #expect(session.held == 2)
        session.run(100, at: 100)
        #expect(session.held == 1)
    }

    /// An estimate a little too low for half a second is no reason; for longer it is.
    @Test func aDipIsSatOut() {
        var session = Session()
        session.run(3_000, at: 2_000)
        session.run(400, at: 800)
        session.run(2_000, at: 1_000)
        #expect(session.changes.count == 1)
        session.run(400, at: 800)
        #expect(session.held == 3)
        session.run(300, at: 800)
        #expect(session.held == 2)
    }

    /// Whatever the estimate says: what waits for the pacer is too much.
    @Test func whatWaitsTooLongIsTooMuch() {
        var session = Session()
        session.run(3_000, at: 2_000)
        session.run(1_000, at: 950)
        #expect(session.held == 3)
        session.kilobits = [100, 300, 1_000]
        var patient = session
        patient.run(200, at: 950)
        #expect(patient.held == 3)
        session.run(100, delay: .milliseconds(500)) { _ in 950 }
        #expect(session.held == 2)
    }

    /// A link that carries a step for twenty seconds of every thirty: trying it costs less and less.
    @Test func whatFailsIsTriedLessAndLess() {
        var session = Session()
        session.run(600_000) { instant in instant.nanoseconds / 1_000_000_000 % 4 < 3 ? 1_100 : 600 }
        let late = session.changes.filter { $0.at > MediaInstant(nanoseconds: 60_000_000_000) }
        // Two changes a minute at most once it has learned; and it has not been given up at once.
        #expect(late.count <= 18)
        #expect(session.changes.count >= 6)
    }

    /// A link that fails once in a while is not held against it.
    @Test func whatHeldForLongIsForgotten() {
        var session = Session()
        for _ in 0..<5 {
            session.run(30_000, at: 1_100)
            #expect(session.held == 3)
            session.run(1_000, at: 500)
            #expect(session.held == 2)
        }
        session.run(5_000, at: 1_100)
        #expect(session.held == 3)
        #expect(session.allocator.hold == BitrateAllocator.holds.first)
    }

    @Test func anotherWishIsNoFlapping() {
        var session = Session()
        session.run(60_000) { instant in instant.nanoseconds / 1_000_000_000 % 4 < 3 ? 1_100 : 600 }
        #expect(session.allocator.hold > BitrateAllocator.holds.first)
        session.run(1_000, at: 600)
        session.allocator.wishesChanged()
        session.run(1_300, at: 1_100)
        #expect(session.held == 3)
    }

    /// What the prober is told: all that is wanted, and what the next step needs, with the margin.
    @Test func whatIsWantedIsTold() {
        var session = Session()
        session.run(3_000, at: 400)
        #expect(session.allocator.allocated == 300_000)
        #expect(session.allocator.wanted == 900_000)
        #expect(session.allocator.nextStep == Int64((900_000 * BitrateAllocator.risingMargin).rounded(.up)))
        session.run(3_000, at: 2_000)
        #expect(session.allocator.nextStep == nil)
    }
}
