import Testing

@testable import MediaCore

@Suite struct NumberMapTests {
    @Test func closesUpAndKeepsPlaces() {
        var map = NumberMap()
        map.begin(at: 100, as: 7)
        #expect(map.take(100) == 7)
        #expect(map.omit(101) == nil)
        #expect(map.take(104) == 10)
        // Late: one that is wanted has its place, one that is not leaves it empty, once each.
        #expect(map.take(102) == 8)
        #expect(map.take(101) == nil && map.omit(101) == nil)
        #expect(map.take(105) == 11)
    }

    /// What was taken can't be left out any more: the next number would be the same once more.
    @Test func whatWasTakenIsNotLeftOut() {
        var map = NumberMap()
        map.begin(at: 0, as: 50)
        #expect(map.take(0) == 50)
        #expect(map.omit(0) == 50)
        #expect(map.take(1) == 51)
        // Nor does it move those behind it.
        #expect(map.omit(3) == nil)
        #expect(map.omit(1) == 51)
        #expect(map.take(2) == 52)
        #expect(map.take(4) == 53)
    }
}
