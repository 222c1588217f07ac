import numpy as np

from histopress.simulate.drawing.scanner import Camera, Scanner, draw_scanner

WHITE = np.array([244, 242, 246], np.float32)


def camera(scanner, noise=0.0):
    return Camera(
        scanner,
        white=WHITE,
        noise=noise,
        block_px=128,
        spacing_um=0.5,
        rng=np.random.default_rng(1),
    )


def edge():
    light = np.full((140, 140, 3), 80, np.float32)
    light[:, 70:] = 200
    return light


def test_white_stays_white():
    for scanner in (Scanner(), Scanner(gamma=1.3, sharpening=1.0), Scanner(gamma=0.8, quality=75)):
        light = np.tile(WHITE, (140, 140, 1))
        assert np.abs(camera(scanner).shoot(light, 6, (0, 0)).mean((0, 1)) - WHITE).max() < 1.5
        assert np.abs(camera(scanner).blank((3, 4)).mean((0, 1)) - WHITE).max() < 1.5


def test_gamma_deepens_and_blur_softens():
    plain = camera(Scanner(blur_um=0.1)).shoot(edge(), 6, (0, 0)).astype(int)
    deep = camera(Scanner(blur_um=0.1, gamma=1.3)).shoot(edge(), 6, (0, 0)).astype(int)
    soft = camera(Scanner(blur_um=1.0)).shoot(edge(), 6, (0, 0)).astype(int)
    sharp = camera(Scanner(blur_um=1.0, sharpening=1.0)).shoot(edge(), 6, (0, 0)).astype(int)
    assert deep[:, :40].mean() < plain[:, :40].mean() - 10
    steps = [np.abs(np.diff(image, axis=1)).max() for image in (plain, sharp, soft)]
    assert steps[0] > steps[1] > steps[2]


def test_noise_is_as_asked_and_differs_between_blocks():
    shots = [
        camera(Scanner(quality=98), noise=4.0).shoot(
            np.full((140, 140, 3), 150, np.float32), 6, shift
        )
        for shift in ((0, 0), (17, 90))
    ]
    grey = [shot.mean(-1) for shot in shots]
    assert 1.5 < grey[0].std() < 5
    assert abs(np.corrcoef(grey[0].ravel(), grey[1].ravel())[0, 1]) < 0.1


def test_equal_centres_have_equal_scanners():
    first, again, other = (
        draw_scanner(np.random.default_rng(seed), center_sd=0.12) for seed in (1, 1, 2)
    )
    assert first == again != other
    flat = draw_scanner(np.random.default_rng(2), center_sd=0.0)
    assert flat == draw_scanner(np.random.default_rng(3), center_sd=0.0)
