import torch

from histopress.encoder.adversarial import Discriminator, Generator


def size(network):
    state = network.state_dict()
    return sum(value.numel() for name, value in state.items() if "num_batches" not in name)


def test_published_size_of_the_generator():
    # By hand, C = 128, 64 px; a normalisation holds scale, offset, mean and variance.
    # dense: 128·1024 + 1024                  = 132,096
    # convolutions: 9·(64·128 + 3·128·128)    = 516,096
    # their normalisations: 4·(4·128)         =   2,048
    # last convolution: 9·128·3 + 3           =   3,459
    generator = Generator(channels=128)
    assert size(generator) == 653_699
    assert generator.dense.out_features == 1024
    assert generator.eval()(torch.zeros(2, 128)).shape == (2, 3, 64, 64)


def test_published_size_of_the_discriminator():
    # tower: as the released encoder          =   595,968
    # dense: (128 + 128)·1024 + 1024          =   263,168
    # dense: 1024·1024 + 1024                 = 1,049,600
    # logit: 1024 + 1                         =     1,025
    assert size(Discriminator(channels=128, source=torch.Generator())) == 1_909_761


def test_the_discriminator_sees_patch_and_embedding():
    source = torch.Generator().manual_seed(0)
    network = Discriminator(channels=4, source=source, filters=8, hidden=16).eval()
    patches = torch.rand(2, 3, 64, 64, generator=source)
    codes = torch.rand(2, 4, generator=source)
    logits = network(patches, codes)
    assert logits.shape == (2,)
    assert not torch.allclose(logits, network(patches.flip(0), codes))
    assert not torch.allclose(logits, network(patches, codes.flip(0)))


def test_dropout_of_one_half_draws_from_the_given_generator():
    source = torch.Generator().manual_seed(0)
    network = Discriminator(channels=4, source=source, filters=8, hidden=16)
    patches, codes = torch.zeros(2, 3, 64, 64), torch.zeros(2, 4)
    network.tower.eval()
    source.manual_seed(1)
    first, second = network(patches, codes), network(patches, codes)
    source.manual_seed(1)
    assert torch.equal(first, network(patches, codes))
    assert not torch.equal(first, second)
    kept = network.judge[2](torch.ones(200, 200))
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert abs(float((kept > 0).float().mean()) - 0.5) < 0.02
